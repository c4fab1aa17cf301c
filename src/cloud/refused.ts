import { CliError, type ErrorCode } from "../errors.ts";
import { type Answer, complaintOf } from "./answer.ts";
import { codeFor, hintFor } from "./auth.ts";

/**
 * The error for an answer of 400 and above to a request of the user's own. Unlike the questions of the login, any
 * route may answer so: only 401 and 403 are about the token, and 404 is about what was asked for.
 */
export function refusedRequest(
  { status, body }: Pick<Answer, "status" | "body">,
  endpoint: string,
): CliError {
  const said = complaintOf({ body });
  const code = codeOf(status, said ?? "");
  return new CliError(code, `${sentenceFor(code, status, endpoint)}${said ? `: ${said}` : ""}`, {
    hint: code.startsWith("API_4") && code !== "API_429" ? undefined : hintFor(code, endpoint),
  });
}

function codeOf(status: number, said: string): ErrorCode {
  if (status === 407) return "UNREACHABLE";
  if (status !== 401 && status !== 403) return `API_${status}`;
  const code = codeFor(status, said);
  const isAboutToken = status === 401 || /record not found|cookie is empty/i.test(said);
  return code === "TOKEN_REJECTED" && !isAboutToken ? "FORBIDDEN" : code;
}

function sentenceFor(code: ErrorCode, status: number, endpoint: string): string {
  if (code === "UNREACHABLE") return `the proxy on the way to ${endpoint} wants a sign-in`;
  if (code === "TOKEN_REJECTED") return `${endpoint} does not accept the API token`;
  if (code === "TOKEN_EXPIRED") return `the API token for ${endpoint} has expired`;
  if (code === "FORBIDDEN") return `${endpoint} does not allow this to the API token`;
  return `${endpoint} answered with HTTP ${status}`;
}
