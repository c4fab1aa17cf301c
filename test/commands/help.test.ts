import { describe, expect, test } from "bun:test";
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

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

describe("help", () => {
  test.each(COMMANDS.map(([path, command]) => [path.join(" "), path, command] as const))(
    "of `bentocloud %s`",
    async (name, path, { meta, args, subCommands = {} }) => {
      const here = home();
      const { code, stdout, stderr } = await run([...path, "--help"], { home: here });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).not.toContain("\u001b");
      expect(stdout).toStartWith(`${meta.description}\n\nUsage: ${["bentocloud", ...path].join(" ")} `);
      expect(stdout.split("\n").filter((line) => line !== line.trimEnd())).toEqual([]);
      expect(here.tree()).toEqual([]);
      for (const [arg, { type, description }] of Object.entries(args))
        expect(stdout).toMatch(
          new RegExp(
            `^  ${type === "positional" ? `<${arg}>` : `.*--${arg}\\b`}.*  ${escaped(description!)}`,
            "m",
          ),
        );
      for (const sub of Object.keys(subCommands))
        expect(stdout).toMatch(new RegExp(`^  ${sub} {2,}\\S`, "m"));
      // The global options are those of every command, and are kept once.
      if (KEPT.has(name))
        expect(
          name === "" ? stdout : stdout.replace(/Global options:\n( .*\n)+/, "Global options: …\n"),
        ).toMatchSnapshot();
    },
  );

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
  ])("%p shows it on stdout and exits 0", async (args, usage) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(usage);
  });

  test("of a command that does not exist is a usage error", async () => {
    const stderr = "error: unknown command `bentocloud lgin`\nhint: did you mean `bentocloud login`?\n";
    expect(await run(["help", "lgin"])).toMatchObject({ code: 2, stdout: "", stderr });
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
