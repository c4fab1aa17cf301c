import type { Cli } from "../app.ts";
import { findContext } from "../contexts/context.ts";
import { CliError, withHint } from "../errors.ts";
import { loginCommand } from "../resolve/require.ts";
import { describePlace } from "../secrets/secret-store.ts";
import type { Left } from "./change-stores.ts";
import { viewStore } from "./store-view.ts";

/** @throws CliError for an entry that is no longer needed and could not be erased */
export function reportLeft(left: readonly Left[]): void {
  const [first] = left;
  if (!first) return;
  const { record, error } = first;
  const what = `${describePlace(record.place)} still has the API token of "${record.context}"`;
  throw withHint(error, "`bentocloud doctor --fix` tries again", `done, but ${what}: ${error.message}`);
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
    if (view?.state !== "missing") continue;
    const what = `done, but the API token of "${name}" is no longer kept anywhere`;
    throw new CliError("SECRET_MISSING", what, { hint: loginCommand(name) });
  }
}
