import { describe, expect, test } from "bun:test";
import { inspect } from "node:util";
import { Context, tokenOf } from "../../src/contexts/context.ts";
import { parseToken, Token } from "../../src/contexts/token.ts";
import { redact } from "../../src/system/redact.ts";
import { CliError } from "../../src/errors.ts";
import { home, run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

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
  ])("a context does not carry it along: %s", (_name, show) => {
    expect(show()).toContain("https://cloud.test");
    expect(show().includes(text)).toBe(false);
  });

  test("only tokenOf opens a context", () => {
    expect(tokenOf(context)?.reveal() === text).toBe(true);
    expect(tokenOf(new Context(fields(undefined)))).toBeUndefined();
    expect(tokenOf(new Context(fields("")))).toBeUndefined();
  });
});

describe("redact", () => {
  test("replaces every token this process has held, wherever it stands", () => {
    const [one, two] = [canary(), canary()];
    expect([new Token(one), new Token(two)]).toHaveLength(2);
    expect(redact(`a ${one} b${two}${one}`)).toBe(
      `a ****${one.slice(-4)} b****${two.slice(-4)}****${one.slice(-4)}`,
    );
  });

  test("leaves text alone that holds none", () => {
    expect(redact("nothing here")).toBe("nothing here");
  });

  test("does not mangle words for the sake of a very short token", () => {
    expect(new Token("error").masked).toBe("****");
    expect(redact("error: no")).toBe("error: no");
  });

  test("a token that contains another goes whole", () => {
    const short = canary();
    const long = `${short}${canary()}`;
    expect([new Token(short), new Token(long)]).toHaveLength(2);
    expect(redact(`x ${long} y`).includes(long.slice(20))).toBe(false);
  });
});

describe("parseToken", () => {
  test.each(["abc", " abc\n", "\tabc\r\n", "!~#", "component:cluster:token"])("takes %j, trimmed", (text) => {
    expect(parseToken(text, "standard input").reveal()).toBe(text.trim());
  });

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

  test("a name that drives the terminal is shown without what drives it", async () => {
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
