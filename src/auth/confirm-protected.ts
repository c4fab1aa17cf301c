import { readProtected } from "../store/protection.ts";
import type { Active } from "../resolve/active.ts";
import { quoteWord } from "../resolve/require.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";

/** For commands that only show which contexts are protected: a list that cannot be read is a warning. */
export function protectedNames({ store, output }: Cli): readonly string[] {
  try {
    return readProtected(store.paths);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    output.warn(error.message);
    return [];
  }
}

/**
 * Asks for the name of a protected context before a command uses it to change something. It takes the name, not a plain
 * yes: a script that was written for one context stops when another one is active.
 *
 * @param intent What the command is about to do, for the question: "run a program".
 */
export async function confirmProtected(
  cli: Cli,
  { name, source }: Active,
  { yes, intent }: { yes: string | undefined; intent: string },
): Promise<void> {
  if (yes !== undefined && yes !== name)
    throw usageError(`--yes names "${yes}", but the active context is "${name}"; nothing was done`);
  if (yes === name || source.kind === "env_key") return;
  if (!readProtected(cli.store.paths).includes(name)) return;
  const fact = `the context "${name}" is protected`;
  if (!cli.interactive) throw usageError(fact, `pass --yes=${quoteWord(name)} to ${intent} with it`);
  const prompt = await cli.prompt();
  if ((await prompt.type(`${fact}; type its name to ${intent} with it`)) === name) return;
  throw new CliError("FAILURE", "that is not its name; nothing was done");
}
