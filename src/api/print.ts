import type { Head } from "../cloud/client.ts";
import type { Cli } from "../app.ts";
import type { Filter } from "../system/jq.ts";

/** More than a person reads; what is larger is shown as it comes. */
const MAX_LAID_OUT = 10 * 1024 * 1024;

/** Enough for the sentence in which a server says what went wrong. */
const BEGINNING = 64 * 1024;

/** The status line and the headers, as HTTP writes them. */
export function printHead(cli: Cli, { status, statusText, headers }: Head): void {
  const lines = [`HTTP/1.1 ${status} ${statusText}`.trimEnd()];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  const text = lines.map((line) => `${line}\r\n`).join("") + "\r\n";
  if (cli.isTerminal(1)) cli.output.text(text);
  else cli.output.bytes(encode(text));
}

export async function printText({ output, isTerminal }: Cli, text: string): Promise<void> {
  if (isTerminal(1)) await output.screen(text);
  else output.bytes(encode(text));
}

/** Prints a body to its end, or until nobody reads on. Gives its beginning. */
export async function printWhole(cli: Cli, body: AsyncIterable<Uint8Array>): Promise<string> {
  return cli.isTerminal(1) ? printOnScreen(cli, body) : printBytes(cli, body);
}

async function printBytes({ output }: Cli, body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let beginning = "";
  for await (const piece of body) {
    if (beginning.length < BEGINNING) beginning += decoder.decode(piece, { stream: true });
    if (!output.bytes(piece)) break;
  }
  return beginning;
}

async function printOnScreen({ output }: Cli, body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let isLaidOut = true;
  try {
    for await (const piece of body) {
      const part = decoder.decode(piece, { stream: true });
      if (isLaidOut) {
        text += part;
        if (text.length <= MAX_LAID_OUT) continue;
        isLaidOut = false;
        output.text(text);
      } else if (!output.text(part)) break;
    }
  } catch (error) {
    // What there is of an answer that broke off is shown, as it is in a pipe.
    if (isLaidOut) output.text(text);
    throw error;
  }
  if (isLaidOut) await output.screen(text);
  return text.slice(0, BEGINNING);
}

/** The results of a jq expression, one a line: a text as it is, anything else as JSON. */
export async function printFiltered(cli: Cli, filter: Filter, json: string): Promise<void> {
  cli.endOnInterrupt();
  const { results, notes } = filter.apply(json);
  if (notes !== "") for (const note of notes.split("\n")) cli.output.info(note);
  const { output } = cli;
  if (!cli.isTerminal(1)) {
    output.bytes(encode(results.map((result) => `${textIn(result) ?? result}\n`).join("")));
    return;
  }
  for (const result of results) {
    const text = textIn(result);
    if (text === undefined) await output.screen(result);
    else output.text(`${text}\n`);
  }
}

/** What a JSON text in quotes says. */
function textIn(result: string): string | undefined {
  return result.startsWith('"') ? (JSON.parse(result) as string) : undefined;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
