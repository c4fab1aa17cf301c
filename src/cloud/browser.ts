import { setTimeout as sleep } from "node:timers/promises";
import { tokensPage } from "../contexts/endpoint.ts";
import { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import { refusal } from "./auth.ts";
import type { Answer } from "./answer.ts";
import { cancelled, type Client } from "./client.ts";

/** The browser flow: the server hands out a code, a signed-in person approves it, and the code buys a token. */
export interface SignIn {
  /** Where the person approves. Built from the user's own endpoint; the code is its only part from the server. */
  url: URL;
  /** @throws CliError `TIMEOUT` when nobody approved in time. Lost connections and refusals on the way are waited out. */
  wait(options: WaitOptions): Promise<Token>;
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

export async function beginSignIn(client: Client): Promise<SignIn> {
  const answer = await client.get("/api/v1/auth/code");
  const code = textField(answer, "code");
  if (code === undefined || code.length > MAX_CODE_LENGTH) throw withoutBrowserFlow(answer, client.endpoint);
  const url = new URL(tokensPage(client.endpoint));
  url.searchParams.set("code", code);
  return { url, wait: (options) => poll(client, code, options) };
}

async function poll(client: Client, code: string, options: WaitOptions): Promise<Token> {
  const { signal, onTick, deadlineMs = DEADLINE_MS, firstDelayMs = FIRST_DELAY_MS } = options;
  const end = performance.now() + deadlineMs;
  const path = `/api/v1/auth/token?${new URLSearchParams({ code })}`;
  let askedFor = 0;
  for (let delay = firstDelayMs; performance.now() < end; delay = Math.min(delay * 1.2, LONGEST_DELAY_MS)) {
    const left = end - performance.now();
    onTick?.(left);
    await sleep(Math.min(Math.max(delay, askedFor), left), undefined, { signal }).catch(() => {
      throw cancelled();
    });
    const answer = await askOnce(client, path);
    if (answer && answer.status >= 200 && answer.status < 300) return readToken(answer, client.endpoint);
    if (answer?.status === 410) throw codeExpired();
    askedFor = answer?.retryAfterMs ?? 0;
  }
  throw new CliError(
    "TIMEOUT",
    `nobody approved the sign-in within ${Math.round(deadlineMs / 60_000)} minutes`,
    {
      hint: "run `bentocloud login` again",
    },
  );
}

/** Any other refusal means that nobody has approved yet; this one that nobody can any more. */
function codeExpired(): CliError {
  return new CliError("TIMEOUT", "the sign-in was not approved in time: its code is no longer valid", {
    hint: "run `bentocloud login` again",
  });
}

/** Undefined when the request got no answer: a laptop that slept or changed networks goes on afterwards. */
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
      hint: "run `bentocloud login` again",
    })
  );
}

function withoutBrowserFlow(answer: Answer, endpoint: string): CliError {
  const failure = refusal(answer, endpoint);
  if (failure && answer.status !== 404) return failure;
  return new CliError("NOT_BENTOCLOUD", `${endpoint} has no browser sign-in`, {
    hint: `make an API token at ${tokensPage(endpoint)} and pass it with --with-token`,
  });
}

function textField({ body }: Answer, key: string): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const value = (body as Record<string, unknown>)[key];
  return typeof value === "string" && value !== "" ? value : undefined;
}
