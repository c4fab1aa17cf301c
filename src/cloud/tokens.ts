import { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import { type Answer, complaintOf, fieldOf } from "./answer.ts";
import { type ApiToken, otherShape, readToken } from "./api-token.ts";
import { refusal } from "./refusal.ts";
import type { Client } from "./client.ts";

/** A field that is left out stays as it is, or gets the server's default. */
export interface TokenFields {
  description?: string;
  scopes?: string[];
  expiresAt?: Date;
}

const PATH = "/api/v1/api_tokens";
const PAGE_SIZE = 100;
/** A total above this is an error of the server. */
const MAX_TOKENS = 100_000;
const MAX_READINGS = 4;

/**
 * All tokens of the user in the current organization, newest first, or an error: which token is deleted must not be
 * decided by a part of the list.
 */
export async function listTokens(client: Client): Promise<ApiToken[]> {
  for (let reading = 1; ; reading += 1) {
    const { tokens, total, isSteady } = await readPages(client);
    if (isSteady || (reading >= MAX_READINGS && tokens.length >= total)) return tokens;
    if (reading >= MAX_READINGS)
      throw new CliError("FAILURE", `${client.endpoint} lists ${tokens.length} of ${total} API tokens`);
  }
}

/** `isSteady` is false when a token was created or deleted meanwhile, which moves the others from page to page. */
async function readPages(client: Client) {
  const found = new Map<string, ApiToken>();
  const totals = new Set<number>();
  let start = 0;
  let total = 1;
  while (start < total && start < MAX_TOKENS) {
    const body = accepted(client, await client.get(`${PATH}?start=${start}&count=${PAGE_SIZE}`));
    // Go writes an empty list as null.
    const items = fieldOf(body, "items") ?? [];
    const said = fieldOf(body, "total");
    if (!Array.isArray(items) || typeof said !== "number") throw otherShape(client.endpoint);
    totals.add((total = said));
    for (const token of items.map((item) => readToken(client.endpoint, item))) found.set(token.uid, token);
    if (items.length === 0) break;
    start += items.length;
  }
  return { tokens: [...found.values()], total, isSteady: totals.size <= 1 && found.size === start };
}

/** Undefined when the server does not know the UID, or it belongs to another user. */
export async function getToken(client: Client, uid: string): Promise<ApiToken | undefined> {
  const answer = await client.get(pathOf(uid));
  if (isMissing(answer)) return undefined;
  const token = readToken(client.endpoint, accepted(client, answer));
  // Some servers decode `%2f` in the path and answer with something else.
  return token.uid === uid ? token : undefined;
}

export interface CreatedToken extends ApiToken {
  /** The server tells it only once. */
  secret: Token;
}

/** After an error for which {@link mayHaveActed} is true, the token may exist. */
export async function createToken(
  client: Client,
  { name, ...fields }: TokenFields & { name: string },
): Promise<CreatedToken> {
  const answer = await client.change("POST", PATH, { name, ...toBody(fields) });
  if (answer.status === 400 && /uk_\w*name|duplicate key/i.test(complaintOf(answer) ?? "")) {
    throw new CliError("FAILURE", `there is an API token "${name}" already`, {
      hint: "choose another name; `bentocloud api-token list` shows the taken ones",
    });
  }
  const body = accepted(client, answer);
  const secret = fieldOf(body, "token");
  const token = readToken(client.endpoint, body);
  if (typeof secret !== "string" || !new Token(secret).sendable) throw otherShape(client.endpoint);
  return { ...token, secret: new Token(secret) };
}

/** Undefined when the server does not know the UID. */
export async function updateToken(
  client: Client,
  uid: string,
  fields: TokenFields,
): Promise<ApiToken | undefined> {
  const answer = await client.change("PATCH", pathOf(uid), toBody(fields));
  return isMissing(answer) ? undefined : readToken(client.endpoint, accepted(client, answer));
}

/**
 * A token that does not exist is no failure. When the answer is lost, the server is asked whether the token still
 * exists. When it `isOwn`, the token that authenticates this very request, its rejection is the proof.
 */
export async function deleteToken(client: Client, uid: string, { isOwn = false } = {}): Promise<void> {
  try {
    const answer = await client.change("DELETE", pathOf(uid));
    if (!isMissing(answer)) accepted(client, answer);
  } catch (error) {
    if (!mayHaveActed(error) || !(await isGone(client, uid, isOwn))) throw error;
  }
}

async function isGone(client: Client, uid: string, isOwn: boolean): Promise<boolean> {
  try {
    return (await getToken(client, uid)) === undefined;
  } catch (error) {
    return isOwn && error instanceof CliError && error.code === "TOKEN_REJECTED";
  }
}

/** Whether a change may have been made although it ended in this error: the answer was lost, or the server failed. */
export function mayHaveActed(error: unknown): error is CliError {
  if (!(error instanceof CliError)) return false;
  const open = ["UNREACHABLE", "TIMEOUT", "CANCELLED", "NOT_BENTOCLOUD", "API_408"];
  return open.includes(error.code) || error.code.startsWith("API_5");
}

function pathOf(uid: string): string {
  return `${PATH}/${encodeURIComponent(uid)}`;
}

/** A 404 about a missing token, not about a method that the server does not know. */
function isMissing(answer: Answer): boolean {
  return answer.status === 404 && !answer.notJson && !/this router|method/i.test(complaintOf(answer) ?? "");
}

/** The body of a success. */
function accepted(client: Client, answer: Answer): unknown {
  const said = complaintOf(answer);
  if ((answer.status === 404 && /with method/i.test(said ?? "")) || answer.status === 405) {
    throw new CliError(`API_${answer.status}`, `${client.endpoint} cannot do that to API tokens`, {
      hint: "use its web page",
    });
  }
  const failure = refusal(answer, client.endpoint);
  if (failure) throw failure;
  return answer.body;
}

function toBody({ description, scopes, expiresAt }: TokenFields): Record<string, unknown> {
  // A Go server accepts no time without a zone. What is undefined is not sent.
  return { description, scopes, expired_at: expiresAt?.toISOString() };
}
