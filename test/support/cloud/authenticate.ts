import { failure, refusal, type Answer, type Call, type Handler } from "./answer.ts";
import { isExpired } from "./json.ts";
import type { ApiToken, Organization } from "./records.ts";

export interface Caller {
  token: ApiToken;
  organization: Organization;
}

/** A handler for signed-in callers; everybody else gets the dialect's refusal. */
export function signedIn(handle: (call: Call, caller: Caller) => Answer): Handler {
  return (call) => {
    const caller = call.caller ?? authenticate(call);
    return "token" in caller ? handle(call, caller) : caller;
  };
}

/** The sender of a request, or the refusal. */
export function authenticate({ request, records }: Call): Caller | Answer {
  const named = request.headers["x-yatai-organization"] ?? request.query["organization_name"];
  const chosen = records.organizations.find((organization) => organization.name === named);
  // The real server looks the organization up before it looks at the token.
  if (named !== undefined && named !== "" && chosen === undefined) return { status: 404 };

  const value = String(request.headers["x-yatai-api-token"] ?? "");
  const token = records.tokens.find((known) => known.value === value);
  const refuse = (message: string) => refusal(records.dialect === "yatai" ? 403 : 401, message);
  if (value === "") return refuse("username in cookie is empty");
  if (token === undefined) return refuse(unknownToken(value));
  if (isExpired(token)) return refuse("the api token is expired");
  if (token.organization === null) {
    return refuse("get user organization: cannot found organization: record not found");
  }
  if (chosen !== undefined && chosen !== token.organization) {
    return refusal(403, `user ${token.user.name} cannot view this organization: ${chosen.name}`);
  }
  token.lastUsedAt = new Date();
  return { token, organization: token.organization };
}

/** Two colons make a token a component's: component, cluster and secret. */
function unknownToken(value: string): string {
  const parts = value.split(":");
  if (parts.length !== 3) return "get api token: record not found";
  return `get api token: failed to get cluster ${parts[1]} in organization default: record not found`;
}

const SCOPES_TO_VIEW = ["read_organization", "write_organization", "operate_organization"];

/** The answer that stops a caller from seeing the organization; undefined when the token's scopes suffice. */
export function organizationRefused({ records }: Call, { token }: Caller): Answer | undefined {
  const { scopes } = token;
  // Yatai dereferences the null it has stored, and nothing recovers from the panic.
  if (scopes === null) return records.dialect === "yatai" ? { closed: true } : undefined;
  if (scopes.includes("api") || SCOPES_TO_VIEW.some((scope) => scopes.includes(scope))) return undefined;
  const text = `the api_token need the scopes: ${SCOPES_TO_VIEW.join(" or ")}`;
  return records.dialect === "yatai" ? failure(400, text) : refusal(403, text);
}
