import { CliError, usageError } from "../errors.ts";
import { parseExact } from "../system/json.ts";
import { fieldOf } from "./answer.ts";
import { notBentoCloud } from "./auth.ts";
import type { Client, Head } from "./client.ts";
import type { Message } from "./send.ts";

export interface Page {
  head: Head;
  text: string;
  /** The answer and what it lists; undefined for an answer that is an error. */
  list: { body: unknown; items: readonly unknown[] } | undefined;
}

/** As many as Python bentoml asks for at most. */
const DEFAULT_COUNT = 100;

/**
 * The pages of a list, by its envelope of `start`, `count`, `total` and `items`. Ends behind the last one, or behind one
 * that is an error. A bare array is a list of one page.
 */
export async function* pagesOf(client: Client, message: Message): AsyncGenerator<Page> {
  const url = new URL(message.url);
  const count = numberIn(url, "count", DEFAULT_COUNT);
  url.searchParams.set("count", String(count));
  let start = numberIn(url, "start", 0);
  for (let before = ""; ;) {
    url.searchParams.set("start", String(start));
    const { text, ...head } = await client.read({ ...message, url });
    if (head.status >= 400) return yield { head, text, list: undefined };
    const body = parse(text, client.endpoint);
    const { items, total } = listIn(body, start);
    if (items.length > 0 && text === before)
      throw new CliError(
        "FAILURE",
        `the server answers with the same page again when asked from ${start} on`,
      );
    yield { head, text, list: { body, items } };
    [start, before] = [start + items.length, text];
    // More items than the total says there are: it cannot be believed, and only an empty page is the end.
    if (items.length === 0 || start === total) return;
  }
}

function numberIn({ searchParams }: URL, name: string, otherwise: number): number {
  const text = searchParams.get(name) || String(otherwise);
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usageError(`--paginate counts in whole numbers, and the ${name} of the query is none`);
}

function parse(text: string, endpoint: string): unknown {
  try {
    return parseExact(text);
  } catch {
    throw notBentoCloud(endpoint, text.trimStart().startsWith("<") ? "a web page" : "no JSON");
  }
}

function listIn(body: unknown, start: number): { items: readonly unknown[]; total: number } {
  if (Array.isArray(body)) return { items: body, total: start + body.length };
  const total = fieldOf(body, "total");
  // Go writes a list of nothing as null.
  const items = fieldOf(body, "items") ?? (total === 0 ? [] : undefined);
  if (!Array.isArray(items) || typeof total !== "number")
    throw new CliError("FAILURE", "the answer is no list with pages", { hint: "leave out --paginate" });
  const begins = fieldOf(body, "start");
  // Asking on would bring the same items again.
  if (typeof begins === "number" && begins !== start)
    throw new CliError("FAILURE", `the server answers from ${begins} on when asked from ${start} on`);
  return { items, total };
}
