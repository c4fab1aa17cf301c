import { tokensPage } from "../contexts/endpoint.ts";
import { CliError, type ErrorCode, requireExpected } from "../errors.ts";
import { fieldOf, serverName, serverText } from "./answer.ts";
import type { Client } from "./client.ts";
import { FORBIDDEN_HINT, notBentoCloud, refusal } from "./refusal.ts";

export type Verdict = "valid" | "rejected" | "expired" | "forbidden" | "unreachable" | "not_bentocloud";

export interface Identification {
  verdict: Verdict;
  email: string | null;
  organization: string | null;
  /** Why the verdict is not `valid`. */
  error: CliError | undefined;
  /** The server's clock, when it says so. */
  time?: Date | undefined;
}

/**
 * Asks the server whose token this is, with two requests at once: `auth/current` answers for any valid token,
 * `current_org` needs a scope.
 */
export async function identify(client: Client): Promise<Identification> {
  const [user, organization] = await Promise.all([
    ask(client, "/api/v1/auth/current"),
    ask(client, "/api/v1/current_org"),
  ]);
  if ("error" in user) return failed(user.error);
  const { email, time } = user;
  // If the server has gone away since the first answer, this failure says nothing about the token.
  const isGone =
    "error" in organization &&
    organization.error.code === "UNREACHABLE" &&
    "error" in (await ask(client, "/api/v1/auth/current"));
  if ("error" in organization && isGone) return failed(organization.error);
  if ("error" in organization)
    return { ...failed(withoutOrganization(organization.error, client.endpoint)), email };
  return { verdict: "valid", email, organization: organization.name, error: undefined, time };
}

type Named = { name: string; email: string | null; time?: Date | undefined };

/** Expects an object with a name. A user of a self-hosted server may have no e-mail. */
async function ask(client: Client, path: string): Promise<Named | { error: CliError }> {
  try {
    const answer = await client.get(path);
    const error = refusal(answer, client.endpoint);
    if (error) return { error };
    const name = serverName(fieldOf(answer.body, "name"));
    const email = serverText(fieldOf(answer.body, "email")) ?? null;
    if (name !== undefined) return { name, email, time: answer.time };
    const what = answer.body === undefined ? "nothing" : "JSON of another shape";
    return { error: notBentoCloud(client.endpoint, what) };
  } catch (error) {
    return { error: requireExpected(error) };
  }
}

/** The token is valid, so a refusal here only means that it may not read its organization. */
function withoutOrganization(error: CliError, endpoint: string): CliError {
  const accepts = `${endpoint} accepts the API token, but`;
  const page = tokensPage(endpoint);
  if (error.code === "TOKEN_REJECTED")
    return new CliError("FORBIDDEN", `${accepts} not to see its organization`, {
      hint: `${FORBIDDEN_HINT} at ${page}`,
      cause: error,
    });
  // Yatai drops the connection on this request when the token was created without any scopes.
  if (error.code === "UNREACHABLE")
    return new CliError("FORBIDDEN", `${accepts} fails to say its organization`, {
      hint: `the token may have been made without scopes; make one with the scope "api" at ${page}`,
      cause: error,
    });
  return error;
}

const VERDICTS: Partial<Record<ErrorCode, Verdict>> = {
  TOKEN_REJECTED: "rejected",
  TOKEN_EXPIRED: "expired",
  FORBIDDEN: "forbidden",
  NOT_BENTOCLOUD: "not_bentocloud",
  HOST_MISMATCH: "not_bentocloud",
};

/** The verdict for an error of the client or of an answer. */
export function failed(error: CliError): Identification {
  return { verdict: VERDICTS[error.code] ?? "unreachable", email: null, organization: null, error };
}
