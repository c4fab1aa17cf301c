import { CliError } from "../errors.ts";
import { describePlace } from "../secrets/secret-store.ts";
import type { Left } from "./change-stores.ts";

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
