import { expect, test } from "bun:test";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import { needs } from "../support/needs.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

const HOSTILE = "$(touch pwned)`touch pwned`;&|*?[x] {a,b}~\\z";
const NAMES = ["default", "my prod", `it's "odd"`, "team:eu", "team:us", "a=b", "ünï 世界", HOSTILE, "-dash"];

/** An interactive shell. The program it completes for prints its arguments, which shows what was completed. */
interface Shell {
  command: (here: Home) => string[];
  env?: (here: Home) => Record<string, string>;
  /** Its start-up file, below the home. */
  file: string;
  start: (script: string) => string;
}

const PRINT = `n=0; bentocloud() { n=$((n + 1)); printf 'got:'; printf '<%s>' "$@"; printf ':end%s\\n' "$n"; }`;

const SHELLS: Record<string, Shell> = {
  bash: {
    command: (here) => ["bash", "--noprofile", "--rcfile", join(here.path, "rc"), "-i"],
    file: "rc",
    start: (script) => `${script}\n${PRINT}\nPS1='READY$n> '\n`,
  },
  zsh: {
    command: () => ["zsh", "--no-globalrcs", "-i"],
    env: (here) => ({ ZDOTDIR: here.path }),
    file: ".zshrc",
    start: (script) =>
      `autoload -Uz compinit; compinit -D -u\n${script}\n${PRINT}\nsetopt promptsubst; PS1='READY$n> '\n`,
  },
  fish: {
    command: (here) => ["fish", "--no-config", "--private", "-C", `source ${here.path}/rc.fish`, "-i"],
    file: "rc.fish",
    start: (script) => `${script}
set -g n 0
set -g fish_greeting
set -g fish_autosuggestion_enabled 0
function bentocloud; set -g n (math $n + 1); printf 'got:'; printf '<%s>' $argv; printf ':end%s\\n' $n; end
function fish_prompt; printf 'READY%s> ' $n; end
`,
  },
};

/** A home with these contexts, and `bentocloud` in PATH. */
function prepare(): { here: Home; env: Record<string, string> } {
  const here = home();
  writeContexts(
    here,
    NAMES.map((name) => ({ name, endpoint: "https://one.test" })),
  );
  const versions = join(here.bentoml, ".bentocloud/versions");
  mkdirSync(versions, { recursive: true, mode: 0o700 });
  writeBelow(versions, "2026-01-01T00-00-00.000Z-ab12.version.yaml", "contexts: []\n");
  const words = programCommand()
    .map((word) => `'${word}'`)
    .join(" ");
  chmodSync(writeBelow(here.path, "bin/bentocloud", `#!/bin/sh\nexec ${words} "$@"\n`), 0o755);
  chmodSync(writeBelow(here.path, "bin/print-this-program", "#!/bin/sh\n"), 0o755);
  return { here, env: { PATH: `${here.path}/bin:${process.env["PATH"]}` } };
}

async function openShell(name: string) {
  const shell = SHELLS[name]!;
  const { here, env } = prepare();
  const { stdout: script } = await run(["completion", name]);
  writeBelow(here.path, shell.file, shell.start(script));
  const terminal = openTerminal([], {
    home: here,
    env: { ...env, ...shell.env?.(here) },
    command: shell.command(here),
    cols: 300,
  });
  let count = 0;
  await terminal.waitFor("READY0> ", 20_000);
  return {
    here,
    end: () => terminal.kill("SIGKILL"),
    /** The arguments that the program gets when this is typed; `⇥` is a tab, and `⌫` deletes the line. */
    async type(text: string): Promise<string[]> {
      count += 1;
      terminal.write(`${text.replaceAll("⇥", "\t").replaceAll("⌫", "\u0015")}\r`);
      await terminal.waitFor(`READY${count}> `, 20_000);
      const [, words = ""] = new RegExp(`got:(.*):end${count}\\r?\\n`).exec(terminal.screen) ?? [];
      return words.slice(1, -1).split("><");
    },
  };
}

/** What is typed, and the arguments that the program gets. */
const TYPED: [text: string, words: string[]][] = [
  ["bentocloud who⇥", ["whoami"]],
  ["bentocloud context ren⇥default x", ["context", "rename", "default", "x"]],
  ["bentocloud --quiet context sh⇥", ["--quiet", "context", "show"]],
  ["bentocloud completion fi⇥", ["completion", "fish"]],
  ["bentocloud status --off⇥", ["status", "--offline"]],
  ["bentocloud env --shell git⇥", ["env", "--shell", "github"]],
  ["bentocloud env --shell=git⇥", ["env", "--shell=github"]],
  ["bentocloud use def⇥", ["use", "default"]],
  ["bentocloud use my⇥", ["use", "my prod"]],
  ["bentocloud use my\\ p⇥", ["use", "my prod"]],
  ["bentocloud use 'my p⇥", ["use", "my prod"]],
  ['bentocloud use "my p⇥', ["use", "my prod"]],
  ["bentocloud use it⇥", ["use", `it's "odd"`]],
  ['bentocloud use "it⇥', ["use", `it's "odd"`]],
  ["bentocloud use team:e⇥", ["use", "team:eu"]],
  ["bentocloud use te⇥u⇥", ["use", "team:us"]],
  ["bentocloud use a=⇥", ["use", "a=b"]],
  ["bentocloud use ün⇥", ["use", "ünï 世界"]],
  ["bentocloud use \\$⇥", ["use", HOSTILE]],
  ["bentocloud use '$⇥", ["use", HOSTILE]],
  ["bentocloud --context my⇥status", ["--context", "my prod", "status"]],
  ["bentocloud status --context=my⇥", ["status", "--context=my prod"]],
  ["bentocloud status --context=team:e⇥", ["status", "--context=team:eu"]],
  ["bentocloud status --context=-d⇥", ["status", "--context=-dash"]],
  ["bentocloud use -- -d⇥", ["use", "--", "-dash"]],
  ["bentocloud use nothing-like-it⇥", ["use", "nothing-like-it"]],
  ["bentocloud context rename def⇥def⇥", ["context", "rename", "default", "def"]],
  ["bentocloud restore ab⇥", ["restore", "ab12"]],
  ["bentocloud help exit⇥", ["help", "exit-codes"]],
  ["bentocloud logout --yes=my⇥", ["logout", "--yes=my prod"]],
  [
    "bentocloud api-token create ci --scope read_c⇥",
    ["api-token", "create", "ci", "--scope", "read_cluster"],
  ],
  ["bentocloud exec -- print-thi⇥", ["exec", "--", "print-this-program"]],
  ["bentocloud exec --check -- cat fil⇥", ["exec", "--check", "--", "cat", "file to read"]],
];

for (const name of ["bash", "zsh", "fish"] as const) {
  needs(name).describe(name, () => {
    test("completes what is typed", async () => {
      const shell = await openShell(name);
      writeBelow(shell.here.path, "file to read", "");
      const before = shell.here.tree();
      const seen: typeof TYPED = [];
      for (const [text] of TYPED) seen.push([text, await shell.type(text)]);
      expect(seen).toEqual(TYPED);
      expect(shell.here.tree().filter((path) => path.includes("pwned"))).toEqual([]);
      expect(shell.here.tree().filter((path) => path.includes("bentoml"))).toEqual(
        before.filter((path) => path.includes("bentoml")),
      );
      shell.end();
    }, 120_000);

    test("runs nothing of the line, and shows no error", async () => {
      const shell = await openShell(name);
      shell.here.write("contexts: [broken\n");
      const words = await shell.type("bentocloud use $(touch pwned) `touch pwned` d⇥⌫bentocloud whoami");
      expect(words).toEqual(["whoami"]);
      expect(await shell.type("bentocloud use de⇥")).toEqual(["use", "de"]);
      expect(shell.here.tree().filter((path) => path.includes("pwned"))).toEqual([]);
      shell.end();
    }, 60_000);

    test("completes the files that an option names", async () => {
      const shell = await openShell(name);
      writeBelow(shell.here.path, "file to read", "");
      // Only the shell's part: another test checks which options take files.
      writeBelow(shell.here.path, "bin/bentocloud", "#!/bin/sh\necho files\n");
      expect(await shell.type("bentocloud any --input fil⇥")).toEqual(["any", "--input", "file to read"]);
      shell.end();
    }, 60_000);
  });
}
