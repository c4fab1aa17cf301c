import { CliError } from "../../errors.ts";

/** `bentoml cloud` exits 1 for every failure but a usage error, and scripts written for it rely on that. */
export async function exitOneOnFailure<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof CliError) || ["USAGE", "CANCELLED", "INTERNAL"].includes(error.code)) throw error;
    const { message, hint, correction } = error;
    throw new CliError("FAILURE", message, { hint, correction, cause: error });
  }
}
