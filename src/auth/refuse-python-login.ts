import { basename } from "node:path";
import { isKeptElsewhere } from "../contexts/context.ts";
import { loginCommand } from "../resolve/require.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";

/**
 * Python's own login would put an API token in plain text in the place of a reference. Only the plain form of the command
 * is known; whatever else does this is reported by the next command.
 *
 * @throws CliError with the command to run instead
 */
export async function refusePythonLogin(cli: Pick<Cli, "resolve">, words: readonly string[]): Promise<void> {
  const [program = "", ...rest] = words.filter((word) => !word.startsWith("-"));
  if (!/^bentoml(\.exe)?$/i.test(basename(program)) || rest[0] !== "cloud" || rest[1] !== "login") return;
  const { context } = await cli.resolve();
  if (!context || !isKeptElsewhere(context)) return;
  throw new CliError(
    "USAGE",
    `bentoml would put an API token in plain text where "${context.name}" has a reference to its store`,
    { hint: `sign in with this program, which keeps it there: ${loginCommand(context.name)}` },
  );
}
