import { toAnswer } from "../cloud/answer.ts";
import type { Client, Head } from "../cloud/client.ts";
import { pagesOf } from "../cloud/pages.ts";
import { notBentoCloud, refusedRequest } from "../cloud/refusal.ts";
import type { Message } from "../cloud/send.ts";
import { type CliError, withHint } from "../errors.ts";
import type { Cli } from "../app.ts";
import type { Filter } from "../system/jq.ts";

interface Options {
  /** Print the status line and the headers too. */
  include: boolean;
  filter: Filter | undefined;
}

/** Sends the request and prints the answer. An answer that is an error is printed too, and then thrown. */
export async function printResponse(
  cli: Cli,
  client: Client,
  message: Message,
  { include, filter }: Options,
): Promise<void> {
  if (filter) {
    const { text, ...head } = await client.read(message);
    if (include) await printHead(cli, head);
    if (head.status >= 400) throw await printRefusal(cli, client, { message, head, text });
    const { notJson } = toAnswer(head, text);
    if (notJson) throw notBentoCloud(client.endpoint, notJson);
    return printFiltered(cli, filter, text);
  }
  const { body, ...head } = await client.stream(message);
  if (include) await printHead(cli, head);
  const encoding = head.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") cli.output.warn(`the answer is compressed (${encoding}), unasked`);
  const beginning = await printBody(cli, body);
  if (head.status >= 400) throw refusedBy(client, { message, head, text: beginning });
  // An unexpected web page does not come from the API.
  if (isPage(head, beginning) && !message.headers?.has("accept"))
    throw notBentoCloud(client.endpoint, "a web page");
}

/** Prints the items of all pages as one list, or with `slurp` the list of the pages. */
export async function printPages(
  cli: Cli,
  client: Client,
  message: Message,
  { slurp, filter }: { slurp: boolean; filter: Filter | undefined },
): Promise<void> {
  const values: unknown[] = [];
  let count = "";
  const readAll = async () => {
    for await (const { head, text, list } of pagesOf(client, message)) {
      if (!list) throw await printRefusal(cli, client, { message, head, text });
      // Not `push(...items)`: a page can have more items than a call may have arguments.
      for (const value of slurp ? [list.body] : list.items) values.push(value);
      count = ` ${list.read}/${list.total}`;
    }
  };
  await cli.wait(() => `Reading items${count}`, readAll);
  const json = JSON.stringify(values);
  await (filter ? printFiltered(cli, filter, json) : printText(cli, `${json}\n`));
}

interface Refused {
  message: Message;
  head: Head;
  text: string;
}

/** Prints an answer that is an error, and returns the error. */
async function printRefusal(cli: Cli, client: Client, refused: Refused): Promise<CliError> {
  await printText(cli, refused.text);
  return refusedBy(client, refused);
}

function refusedBy({ endpoint }: Client, { message, head, text }: Refused): CliError {
  const error = refusedRequest(toAnswer(head, text), endpoint);
  if (head.status !== 404 || String(message.url).includes("/api/")) return error;
  return withHint(error, "the paths of the API begin with /api/, such as /api/v2/deployments");
}

/** Not every sign-in page declares itself as HTML. */
function isPage({ headers }: Head, beginning: string): boolean {
  const type = headers.get("content-type") ?? "";
  return (
    /^(text\/html|application\/xhtml\+xml)\b/i.test(type) || /^\s*<(!doctype\s+)?html\b/i.test(beginning)
  );
}

/** Prints status line and headers as HTTP/1.1 has them. */
async function printHead(cli: Cli, { status, statusText, headers }: Head): Promise<void> {
  const lines = [`HTTP/1.1 ${status} ${statusText}`.trimEnd()];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  await printText(cli, lines.map((line) => `${line}\r\n`).join("") + "\r\n");
}

async function printText({ output, isTerminal }: Cli, text: string): Promise<void> {
  if (isTerminal(1)) await output.screen(text);
  else output.bytes(encode(text));
}

/** Long enough to hold the error message of a server. */
const BEGINNING = 64 * 1024;
/** A longer answer is printed as it arrives, without indentation. */
const MAX_INDENTED = 10 * 1024 * 1024;

/** Prints a body to its end, or until the reader of stdout goes away. Returns the beginning of the body. */
async function printBody(cli: Cli, body: AsyncIterable<Uint8Array>): Promise<string> {
  const { output } = cli;
  const decoder = new TextDecoder();
  const isShown = cli.isTerminal(1);
  let waiting = isShown ? "" : undefined;
  let beginning = "";
  const print = async () => {
    for await (const piece of body) {
      const isRead = isShown || beginning.length < BEGINNING;
      const text = isRead ? decoder.decode(piece, { stream: true }) : "";
      if (beginning.length < BEGINNING) beginning += text;
      if (waiting === undefined) {
        if (!(isShown ? output.text(text) : output.bytes(piece))) break;
      } else {
        waiting += text;
        if (waiting.length <= MAX_INDENTED) continue;
        output.text(waiting);
        waiting = undefined;
      }
    }
  };
  // Once something is printed, a line about the wait would be in its way.
  const describeWait = () => (waiting ? `Receiving the answer, ${Math.ceil(waiting.length / 1024)} KiB` : "");
  try {
    await cli.wait(describeWait, print);
  } catch (error) {
    // Print the part that arrived, as a pipe would have received it.
    if (waiting !== undefined) output.text(waiting);
    throw error;
  }
  const rest = decoder.decode();
  if (waiting !== undefined) await output.screen(waiting + rest);
  else if (isShown) output.text(rest);
  return beginning;
}

/** Prints the results of a jq expression, one a line: a text without its quotes, anything else as JSON. */
async function printFiltered(cli: Cli, filter: Filter, json: string): Promise<void> {
  cli.endOnInterrupt();
  const { output } = cli;
  const { results, notes } = filter.apply(json);
  if (notes !== "") for (const note of notes.split("\n")) output.info(note);
  const lines = results.map((result) => {
    const isText = result.startsWith('"');
    return { isText, line: isText ? (JSON.parse(result) as string) : result };
  });
  if (!cli.isTerminal(1)) output.bytes(encode(lines.map(({ line }) => `${line}\n`).join("")));
  else
    for (const { isText, line } of lines)
      if (isText) output.text(`${line}\n`);
      else await output.screen(line);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
