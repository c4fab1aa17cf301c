import { describe, expect, test } from "bun:test";
import { chmodSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { homeOf, writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { needs, type Tool } from "../support/needs.ts";
import { programCommand } from "../support/program.ts";
import { registerCanary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries({ files: [".env"] });

/** All printable ASCII characters, and the sequences with a special meaning in one of the shells. */
const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");
const VALUES = [
  PRINTABLE,
  [...PRINTABLE].toReversed().join(""),
  "plain0123456789",
  "a-b_c.d/e:f@g+h=i,j%k^l~",
  "it's 'quoted' ''twice''",
  "'",
  "''",
  "\\'",
  "ends with \\",
  "\\\\server\\n\\t",
  'say "hi"',
  "$HOME ${HOME} $(id) `id` $((1+1)) $env:PATH",
  "%PATH% %% !event! !!",
  "* ? [a-z] {a,b} ~ ~root #comment",
  "; & | < > ( ) && ||",
  " spaces  around ",
  "\ttab\t",
  "two\nlines",
  "\nlines around\n\n",
  "carriage\rreturn\r\n",
  "-n -e --",
  "end-of EOF <<EOF\nEOF\nNAME=value",
  "‘typographic’ ‚quotes‛ “too”",
  "ünïcode 世界 😀 e\u0301 \u00a0",
  "a\u001b[31mb\u0007\u007f",
];

/** Uses each value once as the token and once in the endpoint. */
const here = home();
const NAMES = VALUES.map((_, index) => `c${index}`);
const EXPECTED = VALUES.map((value) => ({
  BENTO_CLOUD_API_KEY: registerCanary(`canari00${value}`),
  BENTO_CLOUD_API_ENDPOINT: `${value}${value}`,
}));
writeContexts(
  here,
  EXPECTED.map((pair, index) => ({
    name: NAMES[index]!,
    token: yaml(pair.BENTO_CLOUD_API_KEY),
    endpoint: pair.BENTO_CLOUD_API_ENDPOINT,
  })),
);

function yaml(text: string): string {
  const escaped = Array.from(JSON.stringify(text), (character) => {
    const code = character.codePointAt(0)!;
    return code < 0x7f ? character : `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return escaped.join("");
}

/** The environment of a child of the shell. */
const SHOW = `sh -c 'printf "%s\\0%s\\0" "$BENTO_CLOUD_API_KEY" "$BENTO_CLOUD_API_ENDPOINT"'`;
const POSIX_LOOP = `for name in "$@"; do eval "$("$PROGRAM" env --shell $DIALECT --context $name)"; ${SHOW}; done`;
const FISH_LOOP = `for name in $argv; $PROGRAM env --shell fish --context $name | source; ${SHOW}; end`;
const POSIX_UNSET = `eval "$("$PROGRAM" env)"; eval "$("$PROGRAM" env --shell $DIALECT --unset)"; env`;
const FISH_UNSET = "$PROGRAM env --shell fish | source; $PROGRAM env --shell fish --unset | source; env";

const POSIX_ALIAS = `alias tool=false; eval "$(bentocloud env --shell $DIALECT --alias tool --alias other)"
echo read this | tool "$@"`;
const FISH_ALIAS =
  "bentocloud env --shell fish --alias tool --alias other | source; echo read this | tool $argv";

/** A name of a context that each shell must quote. */
const ODD = "it's $HOME \\ “odd”";

/** A home with `bentocloud` and `tool` in a folder; `tool` prints what it gets, and exits with 7. */
function homeWithTool() {
  const place = homeOf("mine", { name: ODD, endpoint: "https://odd.test" });
  const text = `#!/bin/sh\nprintf '%s\\0' tool "$BENTO_CLOUD_API_ENDPOINT" "$@"\ncat\nexit 7\n`;
  chmodSync(writeBelow(place.path, "bin/tool", text), 0o755);
  symlinkSync(programCommand()[0]!, join(place.path, "bin/bentocloud"));
  return place;
}

interface Shell {
  title: string;
  command: string[];
  dialect: string;
  /** Programs that not every system has. */
  tools?: Tool[];
}

const SHELLS: Shell[] = [
  { title: "sh", command: ["sh", "-c"], dialect: "sh" },
  { title: "bash", command: ["bash", "--norc", "-c"], dialect: "bash" },
  { title: "bash as sh", command: ["bash", "--posix", "-c"], dialect: "sh" },
  { title: "zsh", command: ["zsh", "-f", "-c"], dialect: "zsh", tools: ["zsh"] },
  {
    title: "zsh with other quotes",
    command: ["zsh", "-f", "-o", "RC_QUOTES", "-c"],
    dialect: "zsh",
    tools: ["zsh"],
  },
  { title: "fish", command: ["fish", "--no-config", "-c"], dialect: "fish", tools: ["fish"] },
];

for (const shell of SHELLS) {
  const isFish = shell.dialect === "fish";
  const options = {
    home: here,
    env: { PROGRAM: programCommand()[0]!, DIALECT: shell.dialect, TZ: "UTC" },
    timeoutMs: 60_000,
  };

  needs(...(shell.tools ?? [])).describe(shell.title, () => {
    test("reads every value unchanged", async () => {
      const script = isFish ? FISH_LOOP : POSIX_LOOP;
      const command = [...shell.command, script, ...(isFish ? [] : ["sh"])];
      const { code, stdout, stderr } = await run(NAMES, {
        ...options,
        command,
        reveals: true,
        keepsTilde: true,
      });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const seen = stdout.split("\0").slice(0, -1);
      expect(seen).toEqual(
        EXPECTED.flatMap((pair) => [pair.BENTO_CLOUD_API_KEY, pair.BENTO_CLOUD_API_ENDPOINT]),
      );
    });

    test("calls a program through a function, with its arguments as they are", async () => {
      const place = homeWithTool();
      const args = [
        "two words",
        "",
        "--help",
        "--",
        "-x",
        "$HOME",
        "*",
        "it's",
        'say "hi"',
        "\\",
        "ünï",
        "a\nb",
      ];
      const env = { ...options.env, PATH: `${place.path}/bin:${process.env["PATH"]}` };
      const script = isFish ? FISH_ALIAS : POSIX_ALIAS;
      const command = [...shell.command, script, ...(isFish ? [] : ["sh"])];
      const { code, stdout, stderr } = await run(args, { ...options, home: place, env, command });
      expect({ code, stderr }).toEqual({ code: 7, stderr: "" });
      expect(stdout.split("\0")).toEqual(["tool", "https://mine.test", ...args, "read this\n"]);
    });

    test.if(shell.dialect !== "sh" && !isFish)(
      "defines it with a name that only some shells allow",
      async () => {
        const place = homeWithTool();
        const env = { ...options.env, PATH: `${place.path}/bin:${process.env["PATH"]}` };
        const script = POSIX_ALIAS.replaceAll("tool", "my-tool.1");
        symlinkSync("tool", join(place.path, "bin/my-tool.1"));
        const command = [...shell.command, script, "sh"];
        const { code, stderr } = await run(["x"], { ...options, home: place, env, command });
        expect({ code, stderr }).toEqual({ code: 7, stderr: "" });
      },
    );

    test("bakes the context of --context into the function", async () => {
      const place = homeWithTool();
      const env = { ...options.env, PATH: `${place.path}/bin:${process.env["PATH"]}` };
      const script = (isFish ? FISH_ALIAS : POSIX_ALIAS).replace("--alias", `--context "$ODD" --alias`);
      const command = [...shell.command, script, ...(isFish ? [] : ["sh"])];
      const { code, stdout } = await run(["x"], { ...options, home: place, env: { ...env, ODD }, command });
      expect({ code, words: stdout.split("\0").slice(1, 3) }).toEqual({
        code: 7,
        words: ["https://odd.test", "x"],
      });
    });

    test("has no variable left after --unset", async () => {
      const command = [...shell.command, isFish ? FISH_UNSET : POSIX_UNSET];
      const { stdout, stderr } = await run([], { ...options, command });
      expect({ stderr, left: stdout.match(/^BENTO_CLOUD\w*/gm) }).toEqual({ stderr: "", left: null });
    });
  });
}

describe("dotenv", () => {
  const SHOWN = "JSON.stringify([process.env.BENTO_CLOUD_API_KEY, process.env.BENTO_CLOUD_API_ENDPOINT])";
  const bun = ["bun", "--env-file=.env", "-e", `console.log(${SHOWN})`];
  bun[0] = process.execPath;
  const READERS = [["node", "--env-file=.env", "-p", SHOWN], bun];

  test("Node, Bun and Docker read every accepted value unchanged", async () => {
    let taken = 0;
    for (const [index, name] of NAMES.entries()) {
      const args = ["env", "--shell", "dotenv", "--context", name];
      const { code, stdout } = await run(args, { home: here, reveals: "stdout", keepsTilde: true });
      if (code === 2) continue;
      taken++;
      writeBelow(here.path, ".env", stdout);
      // Docker keeps every character after the first equals sign.
      const literal = stdout.split("\n").map((line) => line.slice(line.indexOf("=") + 1));
      expect({ name, literal }).toEqual({ name, literal: [...Object.values(EXPECTED[index]!), ""] });
      for (const command of READERS) {
        const read = await run([], { home: here, command, reveals: true, keepsTilde: true });
        expect({ name, read: JSON.parse(read.stdout) }).toEqual({
          name,
          read: Object.values(EXPECTED[index]!),
        });
      }
    }
    expect(taken).toBe(2);
  });
});

describe("github", () => {
  test("a runner reads every value unchanged from its file", async () => {
    for (const [index, name] of NAMES.entries()) {
      const args = ["env", "--shell", "github", "--context", name];
      const { stdout } = await run(args, { home: here, reveals: "stdout", keepsTilde: true });
      expect(readRunnerFile(`BEFORE=1\n${stdout}AFTER=2\n`)).toEqual({
        BEFORE: "1",
        ...EXPECTED[index],
        AFTER: "2",
      });
    }
  });

  test("no delimiter is used twice", async () => {
    const { stdout } = await run(["env", "--shell", "github"], {
      home: here,
      reveals: "stdout",
      keepsTilde: true,
    });
    const delimiters = [...stdout.matchAll(/^\w+<<(.*)$/gm)].map(([, delimiter]) => delimiter);
    expect(new Set(delimiters).size).toBe(2);
  });
});

/** As `FileCommandManager.cs` of actions/runner reads a file of variables on Linux and macOS. */
function readRunnerFile(text: string): Record<string, string> {
  const values: Record<string, string> = {};
  let at = 0;
  const readLine = () => {
    if (at >= text.length) return undefined;
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end === -1 ? text.length : end);
    at = end === -1 ? text.length : end + 1;
    return { line, newline: end === -1 ? "" : "\n" };
  };
  for (let read = readLine(); read; read = readLine()) {
    const { line } = read;
    if (line === "") continue;
    const [equals, heredoc] = [line.indexOf("="), line.indexOf("<<")];
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      values[line.slice(0, equals)] = line.slice(equals + 1);
      continue;
    }
    if (heredoc < 0) throw new Error(`invalid format '${line}'`);
    const [name, delimiter] = [line.slice(0, heredoc), line.slice(heredoc + 2)];
    if (name === "" || delimiter === "") throw new Error("name and delimiter must not be empty");
    const start = at;
    let end = at;
    for (;;) {
      const next = readLine();
      if (!next) throw new Error(`matching delimiter not found '${delimiter}'`);
      if (next.line === delimiter) break;
      if (next.newline === "") throw new Error("a value must end with its line");
      end = at - next.newline.length;
    }
    values[name] = end > start ? text.slice(start, end) : "";
  }
  return values;
}

test("JSON holds every value", async () => {
  for (const [index, name] of NAMES.entries()) {
    const { stdout } = await run(["env", "--json", "--context", name], {
      home: here,
      reveals: "stdout",
      keepsTilde: true,
    });
    expect(JSON.parse(stdout)).toEqual(EXPECTED[index]!);
  }
});
