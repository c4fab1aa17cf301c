import { loadJq } from "jq-wasm";
import { CliError, usageError } from "../errors.ts";

/** A valid jq expression. jq runs it as WebAssembly, without access to files or the environment. */
export interface Filter {
  /**
   * Applies it to a JSON text. Each result is JSON on one line; `notes` is what jq prints on stderr.
   *
   * @throws CliError `FAILURE` when the expression fails on this text.
   */
  apply(json: string): { results: string[]; notes: string };
}

const COMPILE_ERROR = 3;

/** @throws CliError `USAGE` when the expression is invalid. */
export async function compileFilter(expression: string): Promise<Filter> {
  const jq = await loadJq();
  const run = (input: string) => {
    try {
      // After `--`, an expression may begin with a dash.
      return jq.raw(input, expression, ["-c", "--"]);
    } catch (cause) {
      // WebAssembly has at most 4 GB, which jq reaches with tens of times the size of an answer.
      if (!(cause instanceof WebAssembly.RuntimeError)) throw cause;
      throw new CliError("FAILURE", "jq has not enough memory for this answer", { cause });
    }
  };
  const { exitCode, stderr } = run("");
  if (exitCode === COMPILE_ERROR) throw usageError(`the jq expression is invalid: ${reason(stderr)}`);
  return {
    apply(json) {
      const { stdout, stderr, exitCode } = run(json);
      if (exitCode !== 0)
        throw new CliError("FAILURE", `the jq expression fails on this answer: ${reason(stderr)}`);
      return { results: stdout === "" ? [] : stdout.split("\n"), notes: stderr };
    },
  };
}

/** jq's own message without its name and the position in the input. */
function reason(stderr: string): string {
  return stderr
    .replace(/^jq: error( \(at [^)]*\))?: /, "")
    .replace(/\njq: \d+ compile errors?$/, "")
    .replaceAll(/\s+/g, " ");
}
