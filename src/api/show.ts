import type { Client, Head } from "../cloud/client.ts";
import { pagesOf } from "../cloud/pages.ts";
import { notBentoCloud, refusedRequest } from "../cloud/refusal.ts";
import type { Message } from "../cloud/send.ts";
import type { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import type { Filter } from "../system/jq.ts";
import { printFiltered, printHead, printText, printWhole } from "./print.ts";

export interface Showing {
  include: boolean;
  filter: Filter | undefined;
}

/** Sends the request and prints its answer; an error of the server's is printed too, and then thrown. */
export async function showAnswer(
  cli: Cli,
  client: Client,
  message: Message,
  showing: Showing,
): Promise<void> {
  const { include, filter } = showing;
  if (filter) {
    const { text, ...head } = await client.read(message);
    if (include) printHead(cli, head);
    if (head.status < 400) return printFiltered(cli, filter, readJson(text, client.endpoint));
    await printText(cli, text);
    throw refused(head, text, client);
  }
  const { body, ...head } = await client.stream(message);
  if (include) printHead(cli, head);
  const encoding = head.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") cli.output.warn(`the answer is compressed (${encoding}), unasked`);
  const beginning = await printWhole(cli, body);
  if (head.status >= 400) throw refused(head, beginning, client);
  // Whoever did not ask for a page was answered by something else than the API.
  if (isPage(head, beginning) && !message.headers?.has("accept"))
    throw notBentoCloud(client.endpoint, "a web page");
}

/** The items of all pages as one list, or with `slurp` the list of the pages. */
export async function showPages(
  cli: Cli,
  client: Client,
  message: Message,
  { slurp, filter }: { slurp: boolean; filter: Filter | undefined },
): Promise<void> {
  const values: unknown[] = [];
  for await (const { head, text, list } of pagesOf(client, message)) {
    if (!list) {
      await printText(cli, text);
      throw refused(head, text, client);
    }
    if (slurp) values.push(list.body);
    else values.push(...list.items);
  }
  const json = JSON.stringify(values);
  return filter ? printFiltered(cli, filter, json) : printText(cli, `${json}\n`);
}

/** Not every sign-in page says of itself that it is one. */
function isPage({ headers }: Head, beginning: string): boolean {
  const type = headers.get("content-type") ?? "";
  return (
    /^(text\/html|application\/xhtml\+xml)\b/i.test(type) || /^\s*<(!doctype\s+)?html\b/i.test(beginning)
  );
}

function refused({ status }: Head, text: string, { endpoint }: Client): CliError {
  return refusedRequest({ status, body: parseOr(undefined, text) }, endpoint);
}

function readJson(text: string, endpoint: string): string {
  if (text.trim() !== "" && parseOr(NOTHING, text) === NOTHING)
    throw notBentoCloud(endpoint, text.trimStart().startsWith("<") ? "a web page" : "no JSON");
  return text;
}

const NOTHING = Symbol("no JSON");

function parseOr(otherwise: unknown, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}
