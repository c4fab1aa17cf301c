import { readProtected } from "../store/protection.ts";
import type { Active } from "../resolve/active.ts";
import { quoteWord } from "../resolve/require.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";

/** For showing them: a list that cannot be read is said, and protects nothing that is only looked at. */
export function protectedNames({ store, output }: Cli): readonly string[] {
  try {
    return readProtected(store.paths);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    output.warn(error.message);
    return [];
  }
}

interface Undertaking {
  /** What `--yes` names. */
  yes: string | undefined;
  /** For the question: "run a program", say. */
  what: string;
}

/**
 * Asks for the name of a protected context before it is used for something that may change something. The name, and
 * not a plain yes: a script that was written for one context stops when another one is active.
 */
export async function guard(cli: Cli, { name, source }: Active, { yes, what }: Undertaking): Promise<void> {
  if (yes !== undefined && yes !== name)
    throw usageError(`--yes names "${yes}", but the active context is "${name}"; nothing was done`);
  if (yes === name || source.kind === "env_key") return;
  if (!readProtected(cli.store.paths).includes(name)) return;
  const fact = `the context "${name}" is protected`;
  if (!cli.interactive) throw usageError(fact, `pass --yes=${quoteWord(name)} to ${what} with it`);
  const prompt = await cli.prompt();
  if ((await prompt.type(`${fact}; type its name to ${what} with it`)) === name) return;
  throw new CliError("FAILURE", `that is not its name; nothing was done`);
}
