import type { Invocation } from "./cli/invocation.ts";
import { reportError } from "./cli/report-error.ts";
import { parseInvocation, runInvocation } from "./cli/parse-argv.ts";
import { root } from "./commands/index.ts";
import { createCli, type Flags } from "./app.ts";
import { takeArguments } from "./system/arguments.ts";
import { forbidCoreDumps } from "./system/core-dump.ts";
import { Output } from "./system/output.ts";
import { isBun } from "./system/machine.ts";
import { columnsOf, type Environment, isTerminal, ownEnvironment } from "./system/runtime.ts";
import { COMMIT, VERSION } from "./version.ts";

/** For help that goes to a file or to another program. */
const PIPED_COLUMNS = 80;

const argv = await takeArguments();
await forbidCoreDumps();
if (process.platform === "win32") await (await import("./system/create-file.ts")).useAccessLists();
// A copy, because variables that child processes must not inherit are deleted from `process.env`.
const environment = ownEnvironment();
// These make the YAML package print whatever it reads, tokens included.
for (const name of ["LOG_TOKENS", "LOG_STREAM"]) delete process.env[name];
const code = await main(argv, environment);
process.exitCode = code;
// Windows has more than Bun's eight bits.
if (code > 255 && isBun()) (await import("./system/windows-process.ts")).exitWith(code);

async function main(argv: string[], env: Environment): Promise<number> {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  const has = (option: string) => words.includes(option);
  // For a usage error, which is printed before all options are read.
  const seen = {
    json: has("--json"),
    quiet: has("--quiet"),
    debug: has("--debug"),
    color: !has("--no-color"),
  };
  let output = createOutput(seen, env);
  let invocation: Invocation | undefined;
  try {
    if (argv[0] === "__complete") return await printCompletions(argv.slice(1), env, output);
    invocation = await parseInvocation(root, argv);
    output = createOutput(invocation.flags, env);
    if (invocation.request === "help") {
      const { renderInvocation } = await import("./cli/help.ts");
      const width = isTerminal(1) ? columnsOf(1) : PIPED_COLUMNS;
      const style = { title: (text: string) => output.title(text), width };
      output.page(await renderInvocation(invocation, style));
      return 0;
    }
    if (invocation.request === "version") {
      if (output.json) output.data({ version: VERSION, commit: COMMIT });
      else output.line(`bentocloud ${VERSION}`);
      return 0;
    }
    const cli = createCli(invocation.flags, env, output);
    return await runInvocation(invocation, cli).catch(async (error) => {
      throw await cli.advise(error);
    });
  } catch (error) {
    return await reportError(error, output, invocation);
  } finally {
    await output.finish();
  }
}

/** Colour goes to terminals only, and to none when `NO_COLOR` or `--no-color` says so. */
function createOutput(flags: Pick<Flags, "json" | "quiet" | "debug" | "color">, env: Environment): Output {
  const allowed = flags.color && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  const color = (descriptor: number) => allowed && isTerminal(descriptor);
  const home = env["HOME"] || env["USERPROFILE"] || "";
  return new Output({
    ...flags,
    color,
    columns: columnsOf,
    unicode: isUtf8Locale(env),
    home: home.endsWith("/") ? home.slice(0, -1) : home,
  });
}

/** By the variable that counts; Windows has no such variables, and prints every character. */
function isUtf8Locale(env: Environment): boolean {
  if (process.platform === "win32") return true;
  return /utf-?8/i.test(env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "");
}

/** Called by the shells' completion scripts while a line is typed, so an error is not printed. */
async function printCompletions(
  question: readonly string[],
  env: Environment,
  output: Output,
): Promise<number> {
  try {
    const { answer } = await import("./cli/completion/respond.ts");
    const { valueLists } = await import("./commands/completion/_values.ts");
    const lines = await answer(
      root,
      question,
      valueLists(env, () => process.cwd()),
    );
    output.page(lines.join("\n"));
  } catch {
    // There is nothing to suggest.
  }
  return 0;
}
