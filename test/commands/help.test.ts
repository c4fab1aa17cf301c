import { describe, expect, test } from "bun:test";
import { renderInvocation } from "../../src/cli/help.ts";
import { parseInvocation } from "../../src/cli/parse-argv.ts";
import { root } from "../../src/commands/index.ts";
import { EXIT_CODES } from "../../src/errors.ts";
import { home, run } from "../support/bin.ts";
import { listCommands } from "../support/commands.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";
import manifest from "../../package.json" with { type: "json" };

sweepCanaries();

const VERSION = `bentocloud ${manifest.version}\n`;
const COMMANDS = await listCommands();

/** Of these the whole text is kept; of the others, that it says what their definitions say. */
const KEPT = new Set(["", "login", "context", "exec"]);

/** Every page: its command, and a topic of `help`. */
const PAGES = COMMANDS.flatMap(([path, { topics = {} }]) =>
  [undefined, ...Object.keys(topics)].map((topic) => ({ path, topic })),
);

const unwrapped = (text: string) => text.replaceAll(/\s+/g, " ");
const widest = (text: string) => Math.max(...text.split("\n").map((line) => line.length));

describe("help", () => {
  test.each(COMMANDS.map(([path, command]) => [path.join(" "), path, command] as const))(
    "of `bentocloud %s`",
    async (name, path, { meta, args, subCommands, examples = [] }) => {
      const here = home();
      const { code, stdout, stderr } = await run([...path, "--help"], { home: here, keepsTilde: true });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).not.toContain("\u001b");
      const text = unwrapped(stdout);
      expect(text).toStartWith(unwrapped(`${meta.description} Usage: ${["bentocloud", ...path].join(" ")} `));
      expect(stdout.split("\n").filter((line) => line !== line.trimEnd())).toEqual([]);
      expect(widest(stdout)).toBeLessThanOrEqual(80);
      expect(here.tree()).toEqual([]);
      for (const [arg, { type, description }] of Object.entries(args)) {
        expect(stdout).toMatch(new RegExp(type === "positional" ? `^  <${arg}>` : `^  .*--${arg}\\b`, "m"));
        expect(text).toContain(unwrapped(description!));
      }
      for (const sub of Object.keys(subCommands ?? {}))
        expect(stdout).toMatch(new RegExp(`^  ${sub} {2,}\\S`, "m"));
      if (!subCommands) expect(examples).not.toEqual([]);
      for (const [, effect] of examples) expect(text).toContain(`# ${unwrapped(effect)}`);
      if (KEPT.has(name)) expect(stdout).toMatchSnapshot();
    },
  );

  test("of the program lists every command under a heading", async () => {
    const commands = await Promise.all(Object.values(root.subCommands ?? {}).map((load) => load()));
    expect(commands.filter(({ section }) => section === undefined).map(({ meta }) => meta.name)).toEqual([]);
  });

  test.each([60, 100, 200])("no line is wider than a terminal of %d columns", async (width) => {
    for (const { path, topic } of PAGES) {
      const invocation = await parseInvocation(root, ["help", ...path, ...(topic ? [topic] : [])]);
      const text = await renderInvocation(invocation, { width, title: (heading) => heading });
      expect({ path, topic, isTooWide: widest(text) > width }).toEqual({ path, topic, isTooWide: false });
    }
  });

  test("is still printed on a terminal that is too narrow", async () => {
    const terminal = openTerminal(["--help"], { cols: 5 });
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.screen.replaceAll(/[\s\\]/g, "")).toContain("bentocloudusestaging");
  });

  test("fits the terminal", async () => {
    const terminal = openTerminal(["login", "--help"], { cols: 60 });
    expect(await terminal.exit).toMatchObject({ code: 0 });
    const lines = terminal.screen.replaceAll("\r", "");
    expect(widest(lines)).toBeLessThanOrEqual(60);
    expect(lines).toContain(
      "bentocloud login --context staging \\\n      --endpoint https://bento.example.com\n",
    );
  });

  test.each([
    [["help"], "Usage: bentocloud <command>"],
    [[], "Usage: bentocloud <command>"],
    [["--json"], "Usage: bentocloud <command>"],
    [["-h"], "Usage: bentocloud <command>"],
    [["help", "login"], "Usage: bentocloud login"],
    [["help", "context", "rename"], "Usage: bentocloud context rename"],
    [["--no-color", "help", "use"], "Usage: bentocloud use"],
    [["--context", "x", "help", "use"], "Usage: bentocloud use"],
    [["context", "--help"], "Usage: bentocloud context <command>"],
    [["context", "-h", "list"], "Usage: bentocloud context list"],
    [["--help", "use"], "Usage: bentocloud use"],
    [["use", "name", "more", "--help"], "Usage: bentocloud use"],
    [["login", "--no-such-option", "-h"], "Usage: bentocloud login"],
    [["help", "help"], "Usage: bentocloud <command>"],
    [["help", "switch"], "Usage: bentocloud use"],
    [["ls", "--help"], "Usage: bentocloud context list"],
    [["help", "environment"], "BENTO_CLOUD_API_KEY_FILE  "],
    [["--json", "help", "bentorc"], "organization=NAME"],
  ])("%p shows it on stdout and exits 0", async (args, usage) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(usage);
  });

  test.each([
    [["help", "lgin"], "lgin", "did you mean `bentocloud help login`?"],
    [["help", "enviroment"], "enviroment", "did you mean `bentocloud help environment`?"],
    [["help", "exti-codes"], "exti-codes", "did you mean `bentocloud help exit-codes`?"],
    [["help", "context", "lsit"], "context lsit", "did you mean `bentocloud help context list`?"],
    [["help", "toopic"], "toopic", "`bentocloud help` lists the commands and topics"],
    [
      ["help", "context", "environment"],
      "context environment",
      "`bentocloud help context` lists the commands",
    ],
  ])("of what does not exist is a usage error: %p", async (args, word, hint) => {
    const stderr = `error: there is no help for \`${word}\`\nhint: ${hint}\n`;
    expect(await run(args)).toMatchObject({ code: 2, stdout: "", stderr });
  });

  test("of exit codes names every code", async () => {
    const { stdout } = await run(["help", "exit-codes"]);
    for (const [code, exit] of Object.entries(EXIT_CODES))
      expect(unwrapped(stdout)).toMatch(new RegExp(` ${exit} [^()]*\\([^()]*\\b${code}\\b`));
  });

  test("after `--`, `--help` is an argument", async () => {
    const { code, stdout, stderr } = await run(["use", "--", "--help"]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
    expect(stderr).toStartWith('error: there is no context "--help"');
  });

  test("has bold headings on a terminal, and none with --no-color", async () => {
    const rawOf = async (args: string[], env: Record<string, string>) => {
      const terminal = openTerminal(["help", ...args], { env });
      expect(await terminal.exit).toMatchObject({ code: 0 });
      return terminal.raw;
    };
    expect(await rawOf([], {})).toContain("\u001b[1mUsage:\u001b[22m");
    const plain = await rawOf(["--no-color"], {});
    expect(plain).toContain("Usage:");
    expect(plain).not.toContain("\u001b");
  });
});

describe("version", () => {
  test.each([[["--version"]], [["-V"]], [["status", "--version"]], [["--version", "--quiet"]]])(
    "%p",
    async (args) => {
      const stderr = "";
      expect(await run(args)).toMatchObject({ code: 0, stdout: VERSION, stderr });
    },
  );

  test("--json", async () => {
    const { code, stdout, stderr } = await run(["--version", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const commit = expect.stringMatching(/^([0-9a-f]{40}|unknown)$/);
    expect(JSON.parse(stdout)).toEqual({ version: manifest.version, commit });
  });

  test("reads and writes nothing", async () => {
    const here = home();
    const env = { BENTOML_HOME: "/proc/nowhere", BENTO_CLOUD_API_ENDPOINT: "::" };
    await run(["--version"], { home: here, env });
    expect(here.tree()).toEqual([]);
  });
});
