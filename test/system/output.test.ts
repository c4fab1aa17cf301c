import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { inspect } from "node:util";
import { Context, tokenOf } from "../../src/contexts/context.ts";
import { parseToken, Token } from "../../src/contexts/token.ts";
import { redact, redactFields } from "../../src/system/redact.ts";
import { toSafeJson, toTilde } from "../../src/system/text.ts";
import { CliError } from "../../src/errors.ts";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { findCanaries } from "../support/canaries.ts";
import { bunCommand, runtimeEnvironment } from "../support/program.ts";
import { canary, registerCanary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

const fields = (apiToken: string | undefined) => ({
  name: "a",
  endpoint: "https://cloud.test",
  email: null,
  line: 1,
  apiToken,
});

describe("a token cannot be printed by accident", () => {
  const text = canary();
  const token = new Token(text);
  const context = new Context(fields(text));
  const masked = `****${text.slice(-4)}`;

  test.each([
    ["in a template", `${token}`],
    ["joined", ["", token].join("")],
    ["as JSON", JSON.parse(JSON.stringify({ token })).token],
    ["inspected", inspect(token, { showHidden: true, depth: 9 }).replace(/^Token\((.*)\)$/, "$1")],
  ])("%s it is masked", (_name, shown) => {
    expect(shown).toBe(masked);
  });

  test.each([
    ["as JSON", () => JSON.stringify(context)],
    ["inspected", () => inspect(context, { showHidden: true, depth: 9, getters: true })],
    ["spread", () => JSON.stringify({ ...context })],
    ["structured", () => JSON.stringify(structuredClone({ ...context }))],
  ])("a context does not hold it: %s", (_name, show) => {
    expect(show()).toMatch(/\ba\b/);
    expect(show().includes(text)).toBe(false);
  });

  test("only tokenOf returns the token of a context", () => {
    expect(tokenOf(context)?.reveal() === text).toBe(true);
    expect(tokenOf(new Context(fields(undefined)))).toBeUndefined();
    expect(tokenOf(new Context(fields("")))).toBeUndefined();
  });
});

describe("redact", () => {
  test("masks every token that this process has held", () => {
    const [one, two] = [canary(), canary()];
    expect([new Token(one), new Token(two)]).toHaveLength(2);
    expect(redact(`a ${one} b${two}${one}`)).toBe(
      `a ****${one.slice(-4)} b****${two.slice(-4)}****${one.slice(-4)}`,
    );
  });

  test("leaves other text as it is", () => {
    expect(redact("nothing here")).toBe("nothing here");
  });

  test("ignores a very short token, which could be part of a word", () => {
    expect(new Token("error").masked).toBe("****");
    expect(redact("error: no")).toBe("error: no");
  });

  test("masks the whole of a token that contains another one", () => {
    const short = canary();
    const long = `${short}${canary()}`;
    expect([new Token(short), new Token(long)]).toHaveLength(2);
    expect(redact(`x ${long} y`).includes(long.slice(20))).toBe(false);
  });
});

describe("a token with characters that are escaped", () => {
  const text = registerCanary(`q"u'o\\te/${crypto.randomUUID()}"\\'%`);
  const masked = new Token(text).masked;

  test("is masked in data before its characters are", () => {
    const data = { [text]: [`a ${text} b`, { deep: text }], token: new Token(text), time: new Date(0) };
    expect(JSON.parse(toSafeJson(data, redactFields))).toEqual({
      [masked]: [`a ${masked} b`, { deep: masked }],
      token: masked,
      time: "1970-01-01T00:00:00.000Z",
    });
  });

  test.each([
    ["as JSON", JSON.stringify(text).slice(1, -1)],
    ["in a URL", encodeURIComponent(text)],
    ["in a path", encodeURI(text)],
    ["for a shell", `'${text.replaceAll("'", "'\\''")}'`],
  ])("is masked when somebody else quoted it %s", (_name, quoted) => {
    expect(redact(`said: ${quoted}.`)).toContain(masked);
    expect(findCanaries(redact(`said: ${quoted}.`))).toEqual([]);
  });
});

describe("an error", () => {
  const HOSTILE = "a\u001b]0;owned\u0007b\u202ec\u009b31m";

  test("holds nothing that drives a terminal, nor a token, and neither do its causes", () => {
    const token = canary();
    expect(new Token(token).masked).toBe(`****${token.slice(-4)}`);
    const said = `${HOSTILE} ${token}`;
    for (const cause of [
      new Error(said, { cause: new TypeError(said) }),
      new DOMException(said),
      undefined,
    ]) {
      const error = new CliError("FAILURE", said, { hint: said, cause });
      const shown = [error.message, error.hint, error.stack, (cause?.cause as Error)?.message, cause?.stack];
      // oxlint-disable-next-line no-control-regex -- matching control characters is the purpose
      for (const text of shown)
        expect(text ?? "").not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      expect(findCanaries(shown.join("\n"))).toEqual([]);
    }
  });

  test("that a program with the library does not catch is printed without them", async () => {
    const here = home();
    writeBelow(here.path, ".bentorc", `context=${HOSTILE}\n`);
    const library = join(import.meta.dirname, "../../src/index.ts");
    const script = `import { resolveContext } from ${JSON.stringify(library)};\nawait resolveContext();\n`;
    const file = writeBelow(here.path, "script.ts", script);
    const { code, stderr } = await run([], {
      home: here,
      command: bunCommand(file),
      env: runtimeEnvironment("bun"),
    });
    expect(code).toBe(1);
    expect(stderr).toContain("you have no context");
    expect(stderr).not.toContain("\u001b]");
    expect(stderr).not.toContain("\u202e");
  });
});

describe("parseToken", () => {
  test.each(["abc", " abc\n", "\tabc\r\n", "!~#", "component:cluster:token"])(
    "accepts %j, trimmed",
    (text) => {
      expect(parseToken(text, "standard input").reveal()).toBe(text.trim());
    },
  );

  test.each(["", " \n", "a b", "a\nb", "a\u0000b", "é", "a\u200Bb", "a\u007Fb"])(
    "refuses %j without repeating it",
    (bad) => {
      const text = bad.trim() === "" ? bad : `canary-of-parse-${bad}`;
      let message = "";
      try {
        parseToken(text, "standard input");
      } catch (error) {
        expect(error).toBeInstanceOf(CliError);
        message = (error as CliError).message + (error as CliError).hint;
        expect((error as CliError).code).toBe("USAGE");
      }
      expect(message).toContain("from standard input");
      expect(message).not.toContain("canary-of-parse");
    },
  );
});

describe("output", () => {
  test("with --json and an error, stderr is one object and stdout empty", async () => {
    const env = { BENTOML_HOME: "" };
    const { code, stdout, stderr } = await run(["token", "--json"], { env });
    expect({ code, stdout }).toEqual({ code: 4, stdout: "" });
    expect(JSON.parse(stderr).error).toMatchObject({
      code: "NOT_LOGGED_IN",
      warnings: ["BENTOML_HOME is set but empty; ignored"],
    });
  });

  test("on a terminal, a warning is above the answer that came after it", async () => {
    const terminal = openTerminal(["context", "show"], { home: homeOf("alpha"), env: { BENTOML_HOME: "" } });
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.screen).toMatch(/^warning: BENTOML_HOME is set but empty; ignored\r\ncontext /);
  });

  test("a name is shown without characters that drive the terminal", async () => {
    const { stderr } = await run(["token", "--context", "a\u001B[31mb\u202Ec"]);
    expect(stderr).toStartWith('error: there is no context "abc"\n');
  });
});

describe("the locale", () => {
  const COMMANDS = [
    ["context", "protect", "prod"],
    ["doctor", "--offline"],
    ["exec", "--help"],
    ["use", "prod"],
    ["context", "show"],
  ];
  test.each<[what: string, env: Record<string, string>, isAscii: boolean]>([
    ["C", { LC_ALL: "C" }, true],
    ["Latin-1", { LC_CTYPE: "de_DE.ISO-8859-1" }, true],
    ["none", { LANG: "" }, true],
    ["UTF-8", { LANG: "de_DE.UTF-8" }, false],
    ["UTF-8, by another variable", { LANG: "C", LC_ALL: "en_US.utf8" }, false],
  ])("%s decides whether marks are ASCII", async (_what, env, isAscii) => {
    const here = home();
    here.write("contexts:\n- {name: prod, endpoint: https://me@prod.test, api_token: canary00}\n");
    const ended = await Promise.all(COMMANDS.map((args) => run(args, { home: here, env })));
    const printed = ended.map(({ stdout, stderr }) => stdout + stderr).join("");
    expect(printed).toMatch(/Protected context "prod"/);
    // oxlint-disable-next-line no-control-regex -- every character of ASCII
    expect(/^[\u0000-\u007f]*$/.test(printed)).toBe(isAscii);
  });
});

describe("paths below the home directory", () => {
  const FILE = join("~", "bentoml", ".yatai.yaml");

  test("are shown with `~` in text, and in full in JSON", async () => {
    const here = homeOf("alpha");
    const shown = await run(["status", "--offline"], { home: here, keepsTilde: true });
    expect(shown.stdout).toContain(`current context (${FILE}:6)\n`);
    const { stdout } = await run(["status", "--offline", "--json"], { home: here, keepsTilde: true });
    expect(JSON.parse(stdout).source.path).toBe(here.file);
  });

  test.each([
    ["at the beginning of a word", "/home/ada/a and (/home/ada/b:1), `/home/ada`", "~/a and (~/b:1), `~`"],
    ["not for a longer name", "/home/ada2/a and /home/ada.old", "/home/ada2/a and /home/ada.old"],
    ["not in the middle of a path", "/mnt/home/ada/a", "/mnt/home/ada/a"],
    ["not where a shell would take it literally", "rm '/home/ada/my file'", "rm '/home/ada/my file'"],
  ])("are abbreviated %s", (_where, text, shown) => {
    expect(toTilde(text, "/home/ada")).toBe(shown);
  });

  test.each(["", "/"])("are not abbreviated where the home is %p", (place) => {
    expect(toTilde("/bentoml/a", place)).toBe("/bentoml/a");
  });
});
