import { failure, ok, type Answer, type Call } from "./answer.ts";
import { signedIn, type Caller } from "./authenticate.ts";
import { tokenJson } from "./json.ts";
import { pageOf } from "./pages.ts";
import { addToken, removeToken, type ApiToken, type Dialect, type NewToken } from "./records.ts";

/** `/api/v1/api_tokens`: a caller sees the tokens of the same user and organization, newest first. */

const DNS_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

/** RFC 3339 as Go reads it: the zone is not optional. */
const WITH_ZONE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

export const listTokens = signedIn(({ request, records }, caller) =>
  pageOf(request, {
    own: ownTokens(records.tokens, caller),
    // Yatai accepts `search` and ignores it.
    search: records.dialect === "yatai" ? "" : (request.query["search"] ?? ""),
    toJson: (token) => tokenJson(token, records.dialect),
  }),
);

/** Needs no scope, like the real server: any valid token can create another. */
export const createToken = signedIn((call, caller) => {
  const { records } = call;
  const body = readBody(call, records.dialect);
  if ("answer" in body) return body.answer;
  const { name = "", description, scopes, expiresAt } = body;
  if (!DNS_LABEL.test(name) || name.length > 63) {
    return failure(
      400,
      "create apiToken: a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an " +
        "alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used " +
        "for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    );
  }
  if (ownTokens(records.tokens, caller).some((token) => token.name === name)) {
    return failure(
      400,
      "create apiToken: ERROR: duplicate key value violates unique constraint " +
        '"uk_apiToken_organizationId_userId_name" (SQLSTATE 23505)',
    );
  }
  const token = addToken(records, {
    email: caller.token.user.email,
    organization: caller.organization.name,
    name,
    description: description ?? "",
    scopes: scopes ?? (records.dialect === "yatai" ? null : ["api"]),
    expiresAt: expiresAt ?? null,
  });
  return ok({ ...tokenJson(token, records.dialect), token: token.value });
});

export const getToken = forOne((call, token) => ok(tokenJson(token, call.records.dialect)));

/** A field that is null or missing stays as it is, so an expiry cannot be taken away again. */
export const updateToken = forOne((call, token) => {
  const body = readBody(call, call.records.dialect);
  if ("answer" in body) return body.answer;
  token.description = body.description ?? token.description;
  token.scopes = body.scopes ?? token.scopes;
  token.expiredAt = body.expiresAt == null ? token.expiredAt : new Date(body.expiresAt);
  token.updatedAt = new Date();
  return ok(tokenJson(token, call.records.dialect));
});

export const deleteToken = forOne((call, token) => {
  removeToken(call.records, token);
  return ok(tokenJson(token, call.records.dialect));
});

function forOne(handle: (call: Call, token: ApiToken) => Answer) {
  return signedIn((call, caller) => {
    const token = call.records.tokens.find((known) => known.uid === call.uid);
    if (token === undefined) return failure(404, `get apiToken ${call.uid}: record not found`);
    if (!isOwn(token, caller)) return failure(404, "record not found");
    return handle(call, token);
  });
}

function ownTokens(tokens: readonly ApiToken[], caller: Caller): ApiToken[] {
  return tokens.filter((token) => isOwn(token, caller));
}

function isOwn(token: ApiToken, caller: Caller): boolean {
  return token.user === caller.token.user && token.organization === caller.organization;
}

type Body = Pick<NewToken, "name" | "description" | "scopes" | "expiresAt"> | { answer: Answer };

function readBody({ request }: Call, dialect: Dialect): Body {
  let json: unknown;
  try {
    json = request.body === "" ? {} : JSON.parse(request.body);
  } catch {
    return { answer: bindingError("error parsing request body: invalid character") };
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) return { answer: wrongType("body") };
  const { name, description, scopes, expired_at: expiredAt } = json as Record<string, unknown>;
  const isText = (value: unknown): value is string | null | undefined =>
    value == null || typeof value === "string";
  if (!isText(name)) return { answer: wrongType("name") };
  if (!isText(description)) return { answer: wrongType("description") };
  if (!isText(expiredAt)) return { answer: wrongType("expired_at") };
  if (scopes != null && !isTexts(scopes)) return { answer: wrongType("scopes") };
  if (expiredAt != null && !isTime(expiredAt, dialect)) return { answer: wrongTime(expiredAt) };
  return {
    ...(name == null ? {} : { name }),
    ...(description == null ? {} : { description }),
    ...(scopes == null ? {} : { scopes }),
    expiresAt: expiredAt ?? null,
  };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

/** Python sends a local time without a zone, which BentoCloud accepts and Yatai does not. */
function isTime(text: string, dialect: Dialect): boolean {
  return WITH_ZONE.test(text) || (dialect === "bentocloud" && !Number.isNaN(Date.parse(text)));
}

function wrongTime(text: string): Answer {
  const layout = "2006-01-02T15:04:05Z07:00";
  return bindingError(
    `error parsing request body: parsing time "\\"${text}\\"" as "\\"${layout}\\"": cannot parse`,
  );
}

function wrongType(field: string): Answer {
  return bindingError(`error parsing request body: json: cannot unmarshal into Go struct field .${field}`);
}

function bindingError(text: string): Answer {
  return failure(400, `binding error: ${text}`);
}
