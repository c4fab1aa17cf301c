import { CliError } from "../../errors.ts";

/** `bentoml cloud` ends every failure but a usage error with 1, and scripts written for it count on that. */
export async function withCompatibleFailures<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof CliError) || ["USAGE", "CANCELLED", "INTERNAL"].includes(error.code)) throw error;
    throw new CliError("FAILURE", error.message, { hint: error.hint, cause: error });
  }
}
