import { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import { type Answer, complaintOf, fieldOf } from "./answer.ts";
import { type ApiToken, otherShape, readToken } from "./api-token.ts";
import { refusal } from "./auth.ts";
import type { Client } from "./client.ts";

/** What can be chosen; what is left out stays as it is, or as the server has it. */
export interface TokenFields {
  description?: string;
  scopes?: string[];
  expiresAt?: Date;
}

const PATH = "/api/v1/api_tokens";
const PAGE_SIZE = 100;
/** A server that claims more than this is wrong. */
const MAX_TOKENS = 100_000;
const MAX_READINGS = 4;

/**
 * All of the user's tokens in the current organization, newest first. What is decided by the list, such as which token
 * is deleted, must not be decided by a part of it.
 */
export async function listTokens(client: Client): Promise<ApiToken[]> {
  for (let reading = 1; ; reading += 1) {
    const { tokens, total, isSteady } = await readPages(client);
    if (isSteady || (reading >= MAX_READINGS && tokens.length >= total)) return tokens;
    if (reading >= MAX_READINGS)
      throw new CliError("FAILURE", `${client.endpoint} lists ${tokens.length} of ${total} API tokens`);
  }
}

interface Reading {
  tokens: ApiToken[];
  /** How many there are by the last answer. */
  total: number;
  isSteady: boolean;
}

/** One that is created or deleted meanwhile moves the others from page to page: `isSteady` says that none was. */
async function readPages(client: Client): Promise<Reading> {
  const found = new Map<string, ApiToken>();
  const totals = new Set<number>();
  let start = 0;
  let total = 1;
  while (start < total && start < MAX_TOKENS) {
    const body = await ask(client, `${PATH}?start=${start}&count=${PAGE_SIZE}`);
    // Go writes a list of nothing as null.
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

/** Undefined for a uid the server does not know, or that belongs to somebody else. */
export async function getToken(client: Client, uid: string): Promise<ApiToken | undefined> {
  const answer = await client.get(pathOf(uid));
  if (isMissing(answer)) return undefined;
  const token = readToken(client.endpoint, accepted(client, answer));
  // Some servers take `%2f` for a step in the path, and answer with something else.
  return token.uid === uid ? token : undefined;
}

export interface CreatedToken extends ApiToken {
  /** The server says it this once. */
  secret: Token;
}

/** An error for which {@link mayHaveActed} holds leaves open whether there is such a token now. */
export async function createToken(
  client: Client,
  { name, ...fields }: TokenFields & { name: string },
): Promise<CreatedToken> {
  const answer = await client.change("POST", PATH, { name, ...toBody(fields) });
  if (answer.status === 400 && /uk_\w*name|duplicate key/i.test(complaintOf(answer) ?? "")) {
    throw new CliError("FAILURE", `there is an API token "${name}" already`, {
      hint: "choose another name; `bentocloud api-token list` shows those that are taken",
    });
  }
  const body = accepted(client, answer);
  const secret = fieldOf(body, "token");
  const token = readToken(client.endpoint, body);
  if (typeof secret !== "string" || !new Token(secret).sendable) throw otherShape(client.endpoint);
  return { ...token, secret: new Token(secret) };
}

/** Undefined for a uid the server does not know. */
export async function updateToken(
  client: Client,
  uid: string,
  fields: TokenFields,
): Promise<ApiToken | undefined> {
  const answer = await client.change("PATCH", pathOf(uid), toBody(fields));
  return isMissing(answer) ? undefined : readToken(client.endpoint, accepted(client, answer));
}

/**
 * One that is gone already is no failure. Where the answer got lost, the server is asked whether it acted; when `isOwn`,
 * that it no longer accepts the token we come with says so, too.
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

/** Whether a change that failed in this way may have been made: the answer was lost, or the server broke down. */
export function mayHaveActed(error: unknown): error is CliError {
  if (!(error instanceof CliError)) return false;
  const open = ["UNREACHABLE", "TIMEOUT", "CANCELLED", "NOT_BENTOCLOUD", "API_408"];
  return open.includes(error.code) || error.code.startsWith("API_5");
}

function pathOf(uid: string): string {
  return `${PATH}/${encodeURIComponent(uid)}`;
}

/** 404 is also what a server says that does not know the method; that one is no answer about a token. */
function isMissing(answer: Answer): boolean {
  if (answer.status !== 404 || answer.notJson) return false;
  return !/this router|method/i.test(complaintOf(answer) ?? "");
}

async function ask(client: Client, path: string): Promise<unknown> {
  return accepted(client, await client.get(path));
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
  return {
    ...(description === undefined ? {} : { description }),
    ...(scopes === undefined ? {} : { scopes }),
    // With its zone: a Go server takes nothing else.
    ...(expiresAt === undefined ? {} : { expired_at: expiresAt.toISOString() }),
  };
}
