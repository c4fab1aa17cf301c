import { tokensPage } from "../contexts/endpoint.ts";
import { CliError, type ErrorCode } from "../errors.ts";
import { type Answer, complaintOf, fieldOf, serverName, serverText } from "./answer.ts";
import type { Client } from "./client.ts";

/**
 * Whose token this is, asked of the server by two requests at once: `auth/current` answers to any valid token,
 * `current_org` needs a scope. What BentoCloud says with 401, Yatai says with 403 or 400 and a sentence, so the
 * verdict comes from the status and those known sentences together.
 */
export type Verdict = "valid" | "rejected" | "expired" | "forbidden" | "unreachable" | "not_bentocloud";

export interface Identification {
  verdict: Verdict;
  email: string | null;
  organization: string | null;
  /** Why the verdict is not `valid`. */
  error: CliError | undefined;
}

export async function identify(client: Client): Promise<Identification> {
  const [user, organization] = await Promise.all([
    ask(client, "/api/v1/auth/current"),
    ask(client, "/api/v1/current_org"),
  ]);
  if (user.error) return { ...verdictOf(user.error), email: null, organization: null };
  const { email } = user;
  if (organization.error) {
    const error = withoutOrganization(organization.error, client.endpoint);
    return { ...verdictOf(error), email, organization: null };
  }
  return { verdict: "valid", email, organization: organization.name, error: undefined };
}

type Asked = { name: string; email: string | null; error?: undefined } | { error: CliError };

/** One request whose answer is an object with a name. A user of a self-hosted server may have no e-mail. */
async function ask(client: Client, path: string): Promise<Asked> {
  try {
    const answer = await client.get(path);
    const failure = refusal(answer, client.endpoint);
    if (failure) return { error: failure };
    const name = serverName(fieldOf(answer.body, "name"));
    if (name === undefined) {
      const what = answer.body === undefined ? "nothing" : "JSON of another shape";
      return { error: notBentoCloud(client.endpoint, what) };
    }
    return { name, email: serverText(fieldOf(answer.body, "email")) ?? null };
  } catch (error) {
    if (error instanceof CliError && error.code !== "CANCELLED") return { error };
    throw error;
  }
}

/** The error that an answer amounts to; undefined for a success. 401 and 403 are both authentication answers. */
export function refusal(answer: Answer, endpoint: string): CliError | undefined {
  const { status, notJson } = answer;
  if (status === 407)
    return new CliError("UNREACHABLE", `the proxy on the way to ${endpoint} wants a sign-in`);
  // A gateway in front of the real server says in HTML that the server is down.
  if (notJson && (status < 400 || (notJson === "a web page" && status < 500)))
    return notBentoCloud(endpoint, notJson);
  if (status >= 200 && status < 300) return undefined;
  const said = complaintOf(answer);
  const code = codeFor(status, said ?? "");
  if (code === "NOT_BENTOCLOUD") return notBentoCloud(endpoint, "404 to a question every BentoCloud answers");
  if (NO_MEMBER.test(said ?? "")) return notMember(endpoint, said ?? "");
  return new CliError(code, `${sentenceFor(code, status, endpoint)}${said ? `: ${said}` : ""}`, {
    hint: hintFor(code, endpoint),
  });
}

/** The user exists, and belongs to no organization, or to another one. */
const NO_MEMBER = /cannot found organization|cannot view this/i;

/** Yatai tells its authentication failures apart by these sentences alone. */
export function codeFor(status: number, said: string): ErrorCode {
  if ([400, 401, 403, 404].includes(status)) {
    if (/is expired|has expired/i.test(said)) return "TOKEN_EXPIRED";
    if (/need the scopes|insufficient scope/i.test(said) || NO_MEMBER.test(said)) return "FORBIDDEN";
    if (/record not found/i.test(said)) return "TOKEN_REJECTED";
  }
  if (status === 401 || status === 403) return "TOKEN_REJECTED";
  return status === 404 ? "NOT_BENTOCLOUD" : `API_${status}`;
}

function sentenceFor(code: ErrorCode, status: number, endpoint: string): string {
  if (code === "TOKEN_REJECTED") return `${endpoint} does not accept the API token`;
  if (code === "TOKEN_EXPIRED") return `the API token for ${endpoint} has expired`;
  if (code === "FORBIDDEN") return `${endpoint} accepts the API token, but it lacks a scope`;
  return `${endpoint} answered with HTTP ${status}`;
}

export function hintFor(code: ErrorCode, endpoint: string): string {
  switch (code) {
    case "TOKEN_REJECTED":
    case "TOKEN_EXPIRED":
      return `make an API token at ${tokensPage(endpoint)} and sign in with it (bentocloud login)`;
    case "FORBIDDEN":
      return `give the token the scope "api" or "read_organization" at ${tokensPage(endpoint)}`;
    case "API_429":
      return "the server asks to wait before the next request";
    default:
      return "try again later, and check that the endpoint is right";
  }
}

function notMember(endpoint: string, said: string): CliError {
  return new CliError("FORBIDDEN", `${endpoint} knows the token's user, but in no organization: ${said}`, {
    hint: "ask an administrator of the server to add the user to an organization",
  });
}

export function notBentoCloud(endpoint: string, what: string): CliError {
  return new CliError("NOT_BENTOCLOUD", `${endpoint} is not BentoCloud: it answers with ${what}`, {
    hint: "check the endpoint; a proxy or a sign-in page of the network may stand in between",
  });
}

/** The token is good, so any authentication answer about the organization means that it may not see it. */
function withoutOrganization(error: CliError, endpoint: string): CliError {
  if (error.code === "TOKEN_REJECTED") {
    return new CliError("FORBIDDEN", `${endpoint} accepts the API token, but not to see its organization`, {
      hint: hintFor("FORBIDDEN", endpoint),
      cause: error,
    });
  }
  if (error.code === "UNREACHABLE") {
    // Yatai drops the connection on this question when the token was created without any scopes.
    return new CliError("FORBIDDEN", `${endpoint} accepts the API token, but fails to say its organization`, {
      hint: `the token may have been made without scopes; make one with the scope "api" at ${tokensPage(endpoint)}`,
      cause: error,
    });
  }
  return error;
}

/** The verdict that an error of the client or of an answer amounts to. */
export function verdictOf(error: CliError): { verdict: Verdict; error: CliError } {
  const verdicts: Partial<Record<ErrorCode, Verdict>> = {
    TOKEN_REJECTED: "rejected",
    TOKEN_EXPIRED: "expired",
    FORBIDDEN: "forbidden",
    NOT_BENTOCLOUD: "not_bentocloud",
    HOST_MISMATCH: "not_bentocloud",
  };
  return { verdict: verdicts[error.code] ?? "unreachable", error };
}
