import { setTimeout as sleep } from "node:timers/promises";
import { tokensPage } from "../contexts/endpoint.ts";
import { Token } from "../contexts/token.ts";
import { cancelled, CliError } from "../errors.ts";
import { refusal } from "./refusal.ts";
import { type Answer, fieldOf } from "./answer.ts";
import type { Client } from "./client.ts";

/** The browser flow: the server issues a code, a signed-in person approves it, and the code is exchanged for a token. */
export interface SignIn {
  /** The page on which the person approves, below the user's own endpoint. Only the code comes from the server. */
  url: URL;
  /** Keeps asking through lost connections and refusals. @throws CliError `TIMEOUT` when nobody approves in time. */
  wait(options: WaitOptions): Promise<Token>;
  /** Asks once more, over another client: someone may have approved since the last time. */
  collect(client: Client): Promise<Token | undefined>;
}

interface WaitOptions {
  signal: AbortSignal;
  deadlineMs?: number;
  firstDelayMs?: number;
  /** Called before each pause with the milliseconds left. */
  onTick?: (leftMs: number) => void;
}

const DEADLINE_MS = 10 * 60 * 1000;
const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 5_000;
const MAX_CODE_LENGTH = 1_024;

/** Undefined where the server has no browser flow, as a self-hosted Yatai. */
export async function findBrowserFlow(client: Client): Promise<SignIn | undefined> {
  const answer = await client.get("/api/v1/auth/code");
  const code = textField(answer, "code");
  // 401 and 403 cannot be about a token: none was sent.
  if ([401, 403, 404].includes(answer.status) && !answer.notJson) return undefined;
  if (code === undefined || code.length > MAX_CODE_LENGTH)
    throw refusal(answer, client.endpoint) ?? withoutBrowserFlow(client.endpoint);
  const url = new URL(tokensPage(client.endpoint));
  url.searchParams.set("code", code);
  const path = `/api/v1/auth/token?${new URLSearchParams({ code })}`;
  return {
    url,
    wait: (options) => poll(client, path, options),
    async collect(other) {
      const answer = await askOnce(other, path);
      return answer && isSuccess(answer) ? readToken(answer, other.endpoint) : undefined;
    },
  };
}

export async function beginSignIn(client: Client): Promise<SignIn> {
  const signIn = await findBrowserFlow(client);
  if (!signIn) throw withoutBrowserFlow(client.endpoint);
  return signIn;
}

async function poll(client: Client, path: string, options: WaitOptions): Promise<Token> {
  const { signal, onTick, deadlineMs = DEADLINE_MS, firstDelayMs = FIRST_DELAY_MS } = options;
  const end = performance.now() + deadlineMs;
  let retryAfterMs = 0;
  for (let delay = firstDelayMs; performance.now() < end; delay = Math.min(delay * 1.2, LONGEST_DELAY_MS)) {
    const left = end - performance.now();
    onTick?.(left);
    await sleep(Math.min(Math.max(delay, retryAfterMs), left), undefined, { signal }).catch(() => {
      throw cancelled();
    });
    const answer = await askOnce(client, path);
    if (answer && isSuccess(answer)) return readToken(answer, client.endpoint);
    // 410: the code has expired. Any other refusal: nobody has approved yet.
    if (answer?.status === 410)
      throw notApproved("the sign-in was not approved in time: its code is no longer valid");
    retryAfterMs = answer?.retryAfterMs ?? 0;
  }
  throw notApproved(`nobody approved the sign-in within ${Math.round(deadlineMs / 60_000)} minutes`);
}

function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

function notApproved(message: string): CliError {
  return new CliError("TIMEOUT", message, { hint: "run the command again" });
}

/** Undefined when there was no answer: a laptop may sleep or change networks meanwhile. */
async function askOnce(client: Client, path: string): Promise<Answer | undefined> {
  try {
    return await client.get(path, { once: true });
  } catch (error) {
    if (error instanceof CliError && ["UNREACHABLE", "TIMEOUT"].includes(error.code)) return undefined;
    throw error;
  }
}

function readToken(answer: Answer, endpoint: string): Token {
  const text = textField(answer, "token");
  const token = text === undefined ? undefined : new Token(text.trim());
  if (token?.sendable) return token;
  throw (
    refusal(answer, endpoint) ??
    new CliError("NOT_BENTOCLOUD", `${endpoint} approved the sign-in but sent no usable token`, {
      hint: "run the command again",
    })
  );
}

function withoutBrowserFlow(endpoint: string): CliError {
  return new CliError("NOT_BENTOCLOUD", `${endpoint} has no browser sign-in`, {
    hint: `make an API token at ${tokensPage(endpoint)} and pass it with --with-token`,
  });
}

function textField({ body }: Answer, key: string): string | undefined {
  const value = fieldOf(body, key);
  return typeof value === "string" && value !== "" ? value : undefined;
}
