import { type Args, type Command, command, type Definition } from "../../cli/command.ts";
import { CliError } from "../../errors.ts";

/** Options that `bentoml cloud` takes everywhere. Nothing is tracked here. */
export const BENTOML_OPTIONS = { "-q": ["--quiet"], "--do-not-track": [] };

/** `bentoml cloud` exits 1 for every failure but a usage error, and scripts written for it rely on that. */
export function bentomlCommand<const A extends Args = Record<never, never>>(
  definition: Definition<A>,
): Command {
  return command({
    ...definition,
    aliases: BENTOML_OPTIONS,
    run: (...given) => definition.run(...given).catch(toFailure),
  });
}

function toFailure(error: unknown): never {
  if (!(error instanceof CliError) || ["USAGE", "CANCELLED", "INTERNAL"].includes(error.code)) throw error;
  const { message, hint, correction } = error;
  throw new CliError("FAILURE", message, { hint, correction, cause: error });
}
