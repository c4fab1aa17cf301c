import { CliError, usageError } from "../errors.ts";
import { parseExact } from "../system/json.ts";
import { describeNonJson, fieldOf } from "./answer.ts";
import { notBentoCloud } from "./refusal.ts";
import type { Client, Head } from "./client.ts";
import type { Message } from "./send.ts";

export interface Page {
  head: Head;
  text: string;
  /** Undefined when the answer is an error. */
  list: { body: unknown; items: readonly unknown[]; read: number; total: number } | undefined;
}

/** The most that Python bentoml asks for. */
const DEFAULT_COUNT = 100;

/** All items are kept in memory until the last page has arrived. */
const MAX_ITEMS = 100_000;
const MAX_CHARACTERS = 64 * 1024 * 1024;

/**
 * The pages of a list with `start`, `count`, `total` and `items`, up to the total that the first one names, to one
 * without items, or to one that is an error. A bare array is a list of one page.
 *
 * @throws CliError when the list is too long.
 */
export async function* pagesOf(client: Client, message: Message): AsyncGenerator<Page> {
  const url = new URL(message.url);
  const count = numberIn(url, "count", DEFAULT_COUNT);
  url.searchParams.set("count", String(count));
  let start = numberIn(url, "start", 0);
  const first = start;
  let [end, read, before] = [Infinity, 0, ""];
  while (start < end) {
    url.searchParams.set("start", String(start));
    const { text, ...head } = await client.read({ ...message, url });
    if (head.status >= 400) return yield { head, text, list: undefined };
    const body = parse(text, client.endpoint);
    const { items, total } = listIn(body, start);
    if (items.length > 0 && text === before)
      throw new CliError("FAILURE", `the server repeats the same page when asked from ${start} on`);
    end = Math.min(end, total);
    read += text.length;
    if (Math.max(end, start + items.length) - first > MAX_ITEMS || read > MAX_CHARACTERS)
      throw new CliError("FAILURE", `a list of ${end - first} items is too long for --paginate`, {
        hint: "ask for one part at a time, with start and count in the query",
      });
    yield { head, text, list: { body, items, read: start + items.length - first, total: end - first } };
    if (items.length === 0) return;
    [start, before] = [start + items.length, text];
  }
}

function numberIn({ searchParams }: URL, name: string, otherwise: number): number {
  const text = searchParams.get(name) || String(otherwise);
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usageError(`--paginate needs a whole number as the ${name} of the query`);
}

function parse(text: string, endpoint: string): unknown {
  try {
    return parseExact(text);
  } catch {
    throw notBentoCloud(endpoint, describeNonJson(text));
  }
}

function listIn(body: unknown, start: number): { items: readonly unknown[]; total: number } {
  if (Array.isArray(body)) return { items: body, total: start + body.length };
  const total = fieldOf(body, "total");
  // Go writes an empty list as null.
  const items = fieldOf(body, "items") ?? (total === 0 ? [] : undefined);
  if (!Array.isArray(items) || typeof total !== "number")
    throw new CliError("FAILURE", "the answer is not a list with pages", { hint: "leave out --paginate" });
  const begins = fieldOf(body, "start");
  // A server that ignores `start` would send the same items again and again.
  if (typeof begins === "number" && begins !== start)
    throw new CliError("FAILURE", `the server answers from ${begins} on when asked from ${start} on`);
  return { items, total };
}
