import type { Cli } from "../app.ts";
import { findContext } from "../contexts/context.ts";
import { CliError } from "../errors.ts";
import { loginCommand } from "../resolve/require.ts";
import { describePlace } from "../secrets/secret-store.ts";
import type { Left } from "./change-stores.ts";
import { viewStore } from "./store-view.ts";

/** @throws CliError for an entry that is no longer needed and could not be erased */
export function reportLeft(left: readonly Left[]): void {
  const [first] = left;
  if (!first) return;
  const { record, error } = first;
  throw new CliError(
    error.code,
    `done, but ${describePlace(record.place)} still has the API token of "${record.context}": ${error.message}`,
    { hint: "`bentocloud doctor --fix` tries again", cause: error },
  );
}

/**
 * A version can hold the reference of a token that was erased from its store since.
 *
 * @throws CliError for the first of these contexts whose token is gone. Asks no store.
 */
export async function reportErased(cli: Cli, names: readonly string[]): Promise<void> {
  const { contexts } = await cli.store.read();
  for (const name of names) {
    const context = findContext(contexts, name);
    const view = context && (await viewStore(cli, context));
    if (view?.state === "missing")
      throw new CliError(
        "SECRET_MISSING",
        `done, but the API token of "${name}" is no longer kept anywhere`,
        {
          hint: loginCommand(name),
        },
      );
  }
}
