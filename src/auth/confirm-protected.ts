import { readProtected } from "../store/protection.ts";
import type { Active } from "../resolve/active.ts";
import { quoteWord } from "../system/text.ts";
import { CliError, requireCliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";

/** For commands that only show which contexts are protected: a list that cannot be read is a warning. */
export function protectedNames({ store, output }: Cli): readonly string[] {
  try {
    return readProtected(store.paths);
  } catch (error) {
    output.warn(requireCliError(error).message);
    return [];
  }
}

/** Whether a person may be asked about a protected context. */
export function canAsk({ interactive, flags }: Cli): boolean {
  return interactive && !flags.yes.includes("");
}

/**
 * Asks for the name of each protected context before a command uses it to change something. It takes the name, not a
 * plain yes: a script that was written for one context stops when another one is active.
 *
 * @param names The contexts that the command is about.
 * @param intent What it is about to do, for the question: "run a program with it".
 */
export async function confirmProtected(
  cli: Cli,
  names: readonly string[],
  intent: string,
  yes = cli.flags.yes,
): Promise<void> {
  const other = yes.find((name) => name !== "" && !names.includes(name));
  if (other !== undefined)
    throw usageError(
      `--yes names "${other}", which this is not about; nothing was done`,
      names.length === 0 ? undefined : `it is about ${names.map(quoteWord).join(", ")}`,
    );
  const asked = names.filter((name) => !yes.includes(name));
  const guarded = asked.length === 0 ? [] : readProtected(cli.store.paths);
  for (const name of asked) if (guarded.includes(name)) await askForName(cli, name, intent);
}

/** For a command that uses the active context. The environment's credential is in no contexts file. */
export async function confirmActive(cli: Cli, { name, source }: Active, intent: string): Promise<void> {
  const other = cli.flags.yes.find((one) => one !== "" && one !== name);
  if (other !== undefined)
    throw usageError(`--yes names "${other}", but the active context is "${name}"; nothing was done`);
  if (source.kind !== "env_key") await confirmProtected(cli, [name], intent);
}

async function askForName(cli: Cli, name: string, intent: string): Promise<void> {
  const fact = `the context "${name}" is protected`;
  const missing = `--yes=${quoteWord(name)}`;
  if (!canAsk(cli))
    throw new CliError("USAGE", fact, { hint: `pass ${missing} to ${intent}`, correction: { missing } });
  const prompt = await cli.prompt();
  if ((await prompt.type(`${fact}; type its name to ${intent}`)) === name) return;
  throw new CliError("FAILURE", "that is not its name; nothing was done");
}
