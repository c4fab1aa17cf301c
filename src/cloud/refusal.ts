import { tokensPage } from "../contexts/endpoint.ts";
import { CliError, type ErrorCode } from "../errors.ts";
import { type Answer, complaintOf } from "./answer.ts";

/**
 * The error for an answer that is not a success, undefined for one that is. For the requests of this program itself,
 * which every BentoCloud answers. What BentoCloud says with 401, Yatai says with 403 or 400 and a sentence, so the
 * status and the known sentences decide together.
 */
export function refusal(answer: Answer, endpoint: string): CliError | undefined {
  const { status, notJson } = answer;
  if (status === 407) return proxyRefusal(endpoint);
  // A page with 5xx comes from a gateway in front of the real server, which is down.
  if (notJson && (status < 400 || (notJson === "a web page" && status < 500)))
    return notBentoCloud(endpoint, notJson);
  if (status >= 200 && status < 300) return undefined;
  const said = complaintOf(answer) ?? "";
  if (NO_MEMBER.test(said))
    return new CliError("FORBIDDEN", `${endpoint} knows the token's user, but in no organization: ${said}`, {
      hint: "ask an administrator of the server to add the user to an organization",
    });
  const code = codeOf(status, said);
  if (status === 404 && code === "API_404")
    return notBentoCloud(endpoint, "404 to a request that every BentoCloud answers");
  const sentence =
    code === "FORBIDDEN"
      ? `${endpoint} accepts the API token, but it lacks a scope`
      : sentenceOf(code, endpoint);
  return new CliError(code, withReason(sentence, said), { hint: hintOf(code, endpoint) });
}

/**
 * The error for an answer of 400 and above to a request of the user's own. Any route may answer so: only 401 and 403 are
 * about the token, and 404 is about what was asked for.
 */
export function refusedRequest(
  { status, body }: Pick<Answer, "status" | "body">,
  endpoint: string,
): CliError {
  if (status === 407) return proxyRefusal(endpoint);
  const said = complaintOf({ body }) ?? "";
  const isAboutToken = status === 401 || (status === 403 && /record not found|cookie is empty/i.test(said));
  const found = status === 401 || status === 403 ? codeOf(status, said) : (`API_${status}` as const);
  const code = found === "TOKEN_REJECTED" && !isAboutToken ? "FORBIDDEN" : found;
  const sentence =
    code === "FORBIDDEN" ? `${endpoint} does not allow this to the API token` : sentenceOf(code, endpoint);
  const isRequest = code.startsWith("API_4") && code !== "API_429";
  return new CliError(code, withReason(sentence, said), {
    hint: isRequest ? undefined : hintOf(code, endpoint),
  });
}

export function notBentoCloud(endpoint: string, what: string): CliError {
  return new CliError("NOT_BENTOCLOUD", `${endpoint} is not BentoCloud: it answers with ${what}`, {
    hint: "check the endpoint; a proxy or a sign-in page of the network may stand in between",
  });
}

function proxyRefusal(endpoint: string): CliError {
  return new CliError("UNREACHABLE", `the proxy on the way to ${endpoint} wants a sign-in`);
}

/** The user exists, but belongs to no organization or to another one. */
const NO_MEMBER = /cannot found organization|cannot view this/i;

/** Yatai tells its authentication failures apart by these sentences alone. */
function codeOf(status: number, said: string): ErrorCode {
  if ([400, 401, 403, 404].includes(status)) {
    if (/is expired|has expired/i.test(said)) return "TOKEN_EXPIRED";
    if (/need the scopes|insufficient scope/i.test(said) || NO_MEMBER.test(said)) return "FORBIDDEN";
    if (/record not found/i.test(said)) return "TOKEN_REJECTED";
  }
  return status === 401 || status === 403 ? "TOKEN_REJECTED" : `API_${status}`;
}

function sentenceOf(code: ErrorCode, endpoint: string): string {
  if (code === "TOKEN_REJECTED") return `${endpoint} does not accept the API token`;
  if (code === "TOKEN_EXPIRED") return `the API token for ${endpoint} has expired`;
  return `${endpoint} answered with HTTP ${code.slice("API_".length)}`;
}

function withReason(sentence: string, said: string): string {
  return said === "" ? sentence : `${sentence}: ${said}`;
}

export const FORBIDDEN_HINT = 'give the token the scope "api" or "read_organization"';

function hintOf(code: ErrorCode, endpoint: string): string {
  switch (code) {
    case "TOKEN_REJECTED":
    case "TOKEN_EXPIRED":
      return `make an API token at ${tokensPage(endpoint)} and sign in with it (bentocloud login)`;
    case "FORBIDDEN":
      return `${FORBIDDEN_HINT} at ${tokensPage(endpoint)}`;
    case "API_429":
      return "the server asks to wait before the next request";
    default:
      return "try again later, and check that the endpoint is right";
  }
}
