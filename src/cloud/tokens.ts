import { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import { type Answer, fieldOf } from "./answer.ts";
import { type ApiToken, otherShape, readToken } from "./api-token.ts";
import { effectOf, isProofOfRejection, refusal, RefusalError } from "./refusal.ts";
import { readMeaning } from "./sentences.ts";
import type { Client } from "./client.ts";

/** A field that is left out stays as it is, or gets the server's default. */
export interface TokenFields {
  description?: string;
  scopes?: string[];
  expiresAt?: Date;
}

/** Told after each page how many tokens were read, and of how many. */
type OnPage = (read: number, total: number) => void;

const PATH = "/api/v1/api_tokens";
const PAGE_SIZE = 100;
/** A longer list is an error of the server, and would fill the memory of this machine. */
const MAX_TOKENS = 20_000;
const MAX_CHARACTERS = 16 * 1024 * 1024;
const MAX_READINGS = 4;

/**
 * All tokens of the user in the current organization, newest first, or an error: which token is deleted must not be
 * decided by a part of the list.
 */
export async function listTokens(client: Client, onPage?: OnPage): Promise<ApiToken[]> {
  for (let reading = 1; ; reading += 1) {
    const { tokens, total, isSteady } = await readPages(client, onPage);
    if (isSteady || (reading >= MAX_READINGS && tokens.length >= total)) return tokens;
    if (reading >= MAX_READINGS)
      throw new CliError("FAILURE", `${client.endpoint} lists ${tokens.length} of ${total} API tokens`);
  }
}

/**
 * Ends at the total of the first page, and at a page without anything new. `isSteady` is false when a token was created
 * or deleted meanwhile, which moves the others from page to page.
 */
async function readPages(client: Client, onPage?: OnPage) {
  const { endpoint } = client;
  const found = new Map<string, ApiToken>();
  const totals: number[] = [];
  let characters = 0;
  let start = 0;
  do {
    const body = accepted(endpoint, await client.get(`${PATH}?start=${start}&count=${PAGE_SIZE}`));
    // Go writes an empty list as null.
    const items = fieldOf(body, "items") ?? [];
    const total = fieldOf(body, "total");
    if (!Array.isArray(items) || !Number.isSafeInteger(total)) throw otherShape(endpoint);
    totals.push(total as number);
    const known = found.size;
    for (const token of items.map((item) => readToken(endpoint, item))) {
      found.set(token.uid, token);
      characters += token.name.length + token.description.length + (token.scopes ?? []).join().length;
    }
    start += items.length;
    onPage?.(start, total as number);
    if (Math.max(totals[0]!, start) > MAX_TOKENS || characters > MAX_CHARACTERS)
      throw new CliError("FAILURE", `${endpoint} lists more API tokens than can be read: ${totals[0]}`);
    if (found.size === known) break;
  } while (start < totals[0]!);
  const isSteady = totals.every((total) => total === totals[0]) && found.size === start;
  return { tokens: [...found.values()], total: totals.at(-1)!, isSteady };
}

/** Undefined when the server does not know the UID, or it belongs to another user. */
export async function getToken(client: Client, uid: string): Promise<ApiToken | undefined> {
  const answer = await client.get(pathOf(uid));
  const { meaning } = readMeaning(answer);
  if (answer.status === 404 && !answer.notJson && meaning !== "unsupported") return undefined;
  const token = readToken(client.endpoint, accepted(client.endpoint, answer));
  // Some servers decode `%2f` in the path and answer with something else.
  return token.uid === uid ? token : undefined;
}

export interface CreatedToken extends ApiToken {
  /** The server tells it only once. */
  secret: Token;
}

/** After an error the token may exist: see {@link effectOf}. */
export async function createToken(
  client: Client,
  { name, ...fields }: TokenFields & { name: string },
): Promise<CreatedToken> {
  const answer = await client.change("POST", PATH, { name, ...toBody(fields) });
  if (readMeaning(answer).meaning === "taken") {
    throw new RefusalError("FAILURE", `there is an API token "${name}" already`, {
      ...readMeaning(answer),
      hint: "choose another name; `bentocloud api-token list` shows the taken ones",
    });
  }
  const body = accepted(client.endpoint, answer);
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
  return isMissing(answer) ? undefined : readToken(client.endpoint, accepted(client.endpoint, answer));
}

/**
 * A token that does not exist is no failure. When the answer is lost, the server is asked whether the token still
 * exists. When it `isOwn`, the token that authenticates this very request, its rejection is the proof.
 */
export async function deleteToken(client: Client, uid: string, { isOwn = false } = {}): Promise<void> {
  try {
    const answer = await client.change("DELETE", pathOf(uid));
    if (!isMissing(answer)) accepted(client.endpoint, answer);
  } catch (error) {
    if (effectOf(error) === "none" || !(await isGone(client, uid, isOwn))) throw error;
  }
}

async function isGone(client: Client, uid: string, isOwn: boolean): Promise<boolean> {
  try {
    const answer = await client.get(pathOf(uid));
    if (isMissing(answer)) return true;
    accepted(client.endpoint, answer);
    return false;
  } catch (error) {
    return isOwn && isProofOfRejection(error);
  }
}

function pathOf(uid: string): string {
  return `${PATH}/${encodeURIComponent(uid)}`;
}

function isMissing(answer: Answer): boolean {
  return readMeaning(answer).meaning === "missing";
}

/** The body of a success. */
function accepted(endpoint: string, answer: Answer): unknown {
  const { meaning, isKnown } = readMeaning(answer);
  if (meaning === "unsupported") {
    throw new RefusalError(`API_${answer.status}`, `${endpoint} cannot do that to API tokens`, {
      meaning,
      isKnown,
      hint: "use its web page",
    });
  }
  const failure = refusal(answer, endpoint);
  if (failure) throw failure;
  return answer.body;
}

function toBody({ description, scopes, expiresAt }: TokenFields): Record<string, unknown> {
  // A Go server accepts no time without a zone. What is undefined is not sent.
  return { description, scopes, expired_at: expiresAt?.toISOString() };
}
