import { reportError } from "./cli/errors.ts";
import { parseInvocation, runInvocation } from "./cli/parse.ts";
import { root } from "./commands/index.ts";
import type { Flags } from "./app.ts";
import { Output } from "./system/output.ts";
import { isTerminal } from "./system/runtime.ts";
import { COMMIT, VERSION } from "./version.ts";

// A copy: what a child process must not inherit is taken out of the process's own environment later.
const environment = { ...process.env };
// With one of these the YAML package prints every piece of what it reads, tokens included.
for (const name of ["LOG_TOKENS", "LOG_STREAM"]) delete process.env[name];
process.exitCode = await main(process.argv.slice(2), environment);

async function main(argv: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  // Until the options are read, an error can only go by what the words look like.
  let output = createOutput(
    {
      json: words.includes("--json"),
      quiet: words.includes("--quiet"),
      debug: words.includes("--debug"),
      color: !words.includes("--no-color"),
    },
    env,
  );
  try {
    if (argv[0] === "__complete") return await printCompletions(argv.slice(1), env, output);
    const invocation = await parseInvocation(root, argv);
    output = createOutput(invocation.flags, env);
    if (invocation.request === "help") {
      const { renderHelp } = await import("./cli/help.ts");
      output.page(await renderHelp(invocation.command, invocation.path, (text) => output.title(text)));
      return 0;
    }
    if (invocation.request === "version") {
      if (output.json) output.data({ version: VERSION, commit: COMMIT });
      else output.line(`bentocloud ${VERSION}`);
      return 0;
    }
    const { createCli } = await import("./app.ts");
    return await runInvocation(invocation, createCli(invocation.flags, env, output));
  } catch (error) {
    return reportError(error, output);
  } finally {
    await output.finish();
  }
}

/** Colour goes to terminals only, and to none when `NO_COLOR` or `--no-color` says so. */
function createOutput(
  flags: Pick<Flags, "json" | "quiet" | "debug" | "color">,
  env: NodeJS.ProcessEnv,
): Output {
  const allowed = flags.color && !env["NO_COLOR"] && env["TERM"] !== "dumb";
  return new Output({ ...flags, color: (descriptor) => allowed && isTerminal(descriptor) });
}

/** For the shells' completion scripts, in the middle of a line that somebody types: whatever happens, no word of it. */
async function printCompletions(
  question: readonly string[],
  env: NodeJS.ProcessEnv,
  output: Output,
): Promise<number> {
  try {
    const { answer } = await import("./cli/completion/answer.ts");
    const { suggestNames } = await import("./store/context-names.ts");
    const lines = await answer(root, question, () => suggestNames(env, () => process.cwd()));
    output.page(lines.join("\n"));
  } catch {
    // No suggestions, then.
  }
  return 0;
}
