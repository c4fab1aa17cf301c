import { CliError } from "../errors.ts";
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
  const count = Number(url.searchParams.get("count") || DEFAULT_COUNT);
  url.searchParams.set("count", String(count));
  let start = Number(url.searchParams.get("start") || 0);
  for (;;) {
    url.searchParams.set("start", String(start));
    const { text, ...head } = await client.read({ ...message, url });
    if (head.status >= 400) return yield { head, text, list: undefined };
    const body = parse(text, client.endpoint);
    const items = itemsOf(body, start);
    yield { head, text, list: { body, items } };
    start += items.length;
    const total = fieldOf(body, "total");
    if (items.length === 0 || typeof total !== "number" || start >= total) return;
  }
}

function parse(text: string, endpoint: string): unknown {
  try {
    return parseExact(text);
  } catch {
    throw notBentoCloud(endpoint, text.trimStart().startsWith("<") ? "a web page" : "no JSON");
  }
}

function itemsOf(body: unknown, start: number): readonly unknown[] {
  if (Array.isArray(body)) return body;
  const items = fieldOf(body, "items");
  if (!Array.isArray(items))
    throw new CliError("FAILURE", "the answer is no list with pages", { hint: "leave out --paginate" });
  const begins = fieldOf(body, "start");
  // Asking on would bring the same items again.
  if (typeof begins === "number" && begins !== start)
    throw new CliError("FAILURE", `the server answers from ${begins} on when asked from ${start} on`);
  return items;
}
