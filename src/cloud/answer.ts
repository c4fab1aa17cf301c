import { redact, safe } from "../system/redact.ts";
import { CliError } from "../errors.ts";
import { cap, mark } from "../system/text.ts";

export interface Answer {
  status: number;
  /** The parsed body; undefined when it was empty. */
  body: unknown;
  /** Describes a body that is neither JSON nor empty, for the sentence "it answers with …". */
  notJson: string | undefined;
  /** How long the server asks to wait before the next request. */
  retryAfterMs: number | undefined;
  /** The server's clock, when it says so. */
  time?: Date | undefined;
}

const MAX_BYTES = 10 * 1024 * 1024;

export function toAnswer(head: Pick<Response, "status" | "headers">, text: string): Answer {
  const answer = { status: head.status, retryAfterMs: readRetryAfter(head), time: readTime(head) };
  if (text.trim() === "") return { ...answer, body: undefined, notJson: undefined };
  try {
    return { ...answer, body: JSON.parse(text), notJson: undefined };
  } catch {
    return { ...answer, body: undefined, notJson: describeNonJson(text) };
  }
}

/** For the sentence "it answers with …". */
export function describeNonJson(text: string): string {
  return text.trimStart().startsWith("<") ? "a web page" : "no JSON";
}

export async function readText(response: Response, endpoint: string): Promise<string> {
  const encoding = response.headers.get("content-encoding")?.trim().toLowerCase() ?? "identity";
  // We ask for no compression: a compressed body can grow a thousandfold in memory before its first chunk is counted.
  if (!["", "identity"].includes(encoding)) {
    await response.body?.cancel();
    throw new CliError("NOT_BENTOCLOUD", `${endpoint} answers in a compression that was not asked for`);
  }
  // One buffer that grows: a list of chunks of one byte each would take a hundred times the size of the answer.
  const buffer = new ArrayBuffer(0, { maxByteLength: MAX_BYTES });
  const bytes = new Uint8Array(buffer);
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    const size = buffer.byteLength + chunk.byteLength;
    if (size > MAX_BYTES) throw new CliError("NOT_BENTOCLOUD", `${endpoint} answers with more than 10 MiB`);
    buffer.resize(size);
    bytes.set(chunk, size - chunk.byteLength);
  }
  return new TextDecoder().decode(bytes.slice());
}

/** Seconds or an HTTP date. */
export function readRetryAfter({ headers }: Pick<Response, "headers">): number | undefined {
  const value = headers.get("retry-after");
  if (!value) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

function readTime({ headers }: Pick<Response, "headers">): Date | undefined {
  const time = new Date(headers.get("date") ?? "");
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** A name that something is decided by: unsafe characters are replaced, because removing them could make two names equal. */
export function serverName(value: unknown, limit = 300): string | undefined {
  if (typeof value !== "string") return undefined;
  const name = cap(redact(mark(value)), limit);
  return name === "" ? undefined : name;
}

/** A server's text, safe to show: without controls and tokens, and not too long. */
export function serverText(value: unknown, limit = 300): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = cap(safe(value).trim(), limit);
  return text === "" ? undefined : text;
}

/** A field of a value that may be anything. */
export function fieldOf(body: unknown, key: string): unknown {
  return typeof body === "object" && body !== null && Object.hasOwn(body, key)
    ? (body as Record<string, unknown>)[key]
    : undefined;
}

/** The server's own sentence: in `message` before it has checked the token, in `error` afterwards. */
export function complaintOf({ body }: Pick<Answer, "body">): string | undefined {
  return serverText(fieldOf(body, "message")) ?? serverText(fieldOf(body, "error"));
}
