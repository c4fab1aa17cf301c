import type { Message } from "../cloud/send.ts";
import { targetOf } from "../cloud/target.ts";
import { usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { exactNumber } from "../system/json.ts";
import { addField, type Field, type Fields, parseField, toJson, toQuery } from "./fields.ts";
import { parseHeaders } from "./headers.ts";

/** A request as the command line describes it. */
export interface Wanted {
  path: string;
  method: string | undefined;
  /** Fields whose values are texts. */
  rawFields: readonly string[];
  /** Fields whose values have a type, or stand in a file. */
  fields: readonly string[];
  /** The file of the body; `-` is standard input. */
  input: string | undefined;
  headers: readonly string[];
}

interface Inputs {
  read: Cli["readInput"];
  open: Cli["openInput"];
}

const WITHOUT_BODY = new Set(["GET", "HEAD"]);

/** Everything that the user wrote, looked at and read before anything is sent. */
export async function toMessage(cli: Cli, endpoint: string, wanted: Wanted): Promise<Message> {
  const { path, rawFields, fields: typedFields, input } = wanted;
  const url = targetOf(endpoint, path);
  const headers = parseHeaders(wanted.headers);
  const hasBody = rawFields.length + typedFields.length > 0 || input !== undefined;
  const method = parseMethod(wanted.method ?? (hasBody ? "POST" : "GET"));
  if (input !== undefined && WITHOUT_BODY.has(method)) throw usageError(`a ${method} takes no --input`);
  const inputs = inputsOf(cli);
  const fields = await readFields(wanted, inputs.read);
  if (input !== undefined || WITHOUT_BODY.has(method)) addQuery(url, toQuery(fields));
  if (WITHOUT_BODY.has(method)) return { method, url, headers };
  const body =
    input !== undefined ? await inputs.open(input) : fields.size > 0 ? encode(toJson(fields)) : undefined;
  if (body !== undefined && !headers.has("content-type")) headers.set("Content-Type", "application/json");
  return { method, url, headers, body };
}

/** Standard input can be read once. */
function inputsOf(cli: Cli): Inputs {
  let isRead = false;
  const take = (name: string) => {
    if (name === "-" && isRead) throw usageError("standard input can be read once only");
    isRead ||= name === "-";
  };
  return {
    async read(name) {
      take(name);
      return cli.readInput(name);
    },
    async open(name) {
      take(name);
      return cli.openInput(name);
    },
  };
}

function parseMethod(text: string): string {
  const method = text.toUpperCase();
  // What opens a tunnel or sends every header back is no request to an API.
  if (/^[A-Z]{1,20}$/.test(method) && !["CONNECT", "TRACE", "TRACK"].includes(method)) return method;
  throw usageError("this is no method of an API", "for example GET, POST, PUT, PATCH or DELETE");
}

async function readFields({ rawFields, fields }: Wanted, read: Inputs["read"]): Promise<Fields> {
  const values: Fields = new Map();
  for (const written of rawFields) {
    const field = parseField(written);
    addField(values, field, field.text);
  }
  for (const written of fields) {
    const field = parseField(written);
    addField(values, field, await typed(field, read));
  }
  return values;
}

const WORDS = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

async function typed({ text = "" }: Field, read: Inputs["read"]): Promise<unknown> {
  if (WORDS.has(text)) return WORDS.get(text);
  if (!text.startsWith("@")) return exactNumber(text) ?? text;
  const name = text.slice(1);
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await read(name));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usageError(`${name === "-" ? "standard input" : `the file ${name}`} is no UTF-8 text`);
  }
}

/** What the path has already stays as it is written. */
function addQuery(url: URL, query: URLSearchParams): void {
  if (query.size > 0) url.search += `${url.search === "" ? "?" : "&"}${query}`;
}

function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
