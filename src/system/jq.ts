import { loadJq } from "jq-wasm";
import { CliError, usageError } from "../errors.ts";

/** A jq expression, found to be one. jq itself runs it, compiled to WebAssembly: it sees no file and no environment. */
export interface Filter {
  /**
   * Its results for a JSON text, each as JSON on one line, and what it says beside them.
   *
   * @throws CliError `FAILURE` when the expression does not suit the text.
   */
  apply(json: string): { results: string[]; notes: string };
}

const COMPILE_ERROR = 3;

/** @throws CliError `USAGE` when the expression is none. */
export async function compileFilter(expression: string): Promise<Filter> {
  const jq = await loadJq();
  // Behind `--`, an expression that begins with a dash is one.
  const run = (input: string) => jq.raw(input, expression, ["-c", "--"]);
  const { exitCode, stderr } = run("");
  if (exitCode === COMPILE_ERROR) throw usageError(`the jq expression cannot be read: ${reason(stderr)}`);
  return {
    apply(json) {
      const { stdout, stderr, exitCode } = run(json);
      if (exitCode !== 0)
        throw new CliError("FAILURE", `the jq expression does not suit the answer: ${reason(stderr)}`);
      return { results: stdout === "" ? [] : stdout.split("\n"), notes: stderr };
    },
  };
}

/** jq's own words, without its name and the place in an input that nobody sees. */
function reason(stderr: string): string {
  return stderr
    .replace(/^jq: error( \(at [^)]*\))?: /, "")
    .replace(/\njq: \d+ compile errors?$/, "")
    .replaceAll(/\s+/g, " ");
}
