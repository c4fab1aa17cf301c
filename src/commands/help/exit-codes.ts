import { EXIT_CODES, exitCodeOf } from "../../errors.ts";
import type { Row, Topic } from "../../cli/command.ts";

const MEANINGS: Record<(typeof EXIT_CODES)[keyof typeof EXIT_CODES], string> = {
  1: "a failure that has no code of its own, a token that `scan` found, and every failure of the commands of bentoml",
  2: "an argument is unknown or invalid, or input is needed and nobody can be asked",
  3: "the context, version or API token does not exist",
  4: "not logged in, or the login is refused",
  5: "the network or the server failed",
  6: "a file or a secret store failed",
  70: "a bug",
  130: "cancelled with Ctrl-C",
};

export const exitCodes: Topic = {
  description: "Exit codes, and the error codes of --json",
  parts: [
    { heading: "Exit codes", rows: [["0", "success"], ...Object.entries(MEANINGS).map(toRow)] },
    'With --json an error is one object on stderr: {"error":{"code","message","hint","exit_code"}}. ' +
      "Standard output is empty then, except that `scan` prints what it found.",
    "`bentocloud status` exits 0 when the token works or was not checked, 4 when it does not work, and 5 when the " +
      "server cannot be asked. `bentocloud exec` and `bentocloud shell` end with the exit code of the program: 128 + N after signal N, 127 when " +
      "it is not found, 126 when it cannot be run.",
  ],
};

function toRow([exit, meaning]: [string, string]): Row {
  const codes = Object.entries(EXIT_CODES).flatMap(([code, of]) => (of === Number(exit) ? code : []));
  if (exitCodeOf("API_500") === Number(exit)) codes.push("API_<HTTP status>");
  return [exit, `${meaning} (${codes.join(", ")})`];
}
