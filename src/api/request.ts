import { isReservedHeader, redactCredentials } from "../cloud/headers.ts";
import type { Message } from "../cloud/send.ts";
import { targetOf } from "../cloud/target.ts";
import { usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { requireExactPath } from "../system/runtime.ts";
import { exactNumber } from "../system/json.ts";
import { addField, type Field, type Fields, parseField, toJson, toQuery } from "./request-fields.ts";

/** A request as the command line describes it. */
export interface RequestOptions {
  path: string;
  method: string | undefined;
  /** Fields whose values are texts. */
  rawFields: readonly string[];
  /** Fields whose values have a type, or are the contents of a file. */
  fields: readonly string[];
  /** The file of the body; `-` is standard input. */
  input: string | undefined;
  headers: readonly string[];
}

/** Parses and reads everything that the user gave, before anything is sent. */
export async function toMessage(cli: Cli, endpoint: string, options: RequestOptions): Promise<Message> {
  const { rawFields, fields: typedFields, input } = options;
  for (const word of [options.path, ...rawFields, ...typedFields, ...options.headers])
    requireExactPath(word, "an argument");
  const url = targetOf(endpoint, options.path);
  const headers = parseHeaders(options.headers);
  const hasBody = rawFields.length + typedFields.length > 0 || input !== undefined;
  const method = parseMethod(options.method ?? (hasBody ? "POST" : "GET"));
  const takesBody = method !== "GET" && method !== "HEAD";
  if (input !== undefined && !takesBody) throw usageError(`a ${method} takes no --input`);
  const files = [input, ...typedFields.map((written) => fileOf(parseField(written)))];
  if (files.filter((name) => name === "-").length > 1)
    throw usageError("standard input can be read only once");
  const fields: Fields = new Map();
  for (const field of rawFields.map(parseField)) addField(fields, field, field.text);
  for (const field of typedFields.map(parseField)) addField(fields, field, await readValue(cli, field));
  // A query that is part of the path stays as it is written.
  if ((input !== undefined || !takesBody) && fields.size > 0)
    url.search += `${url.search === "" ? "?" : "&"}${toQuery(fields)}`;
  if (!takesBody) return { method, url, headers };
  const json = fields.size > 0 ? new TextEncoder().encode(toJson(fields)) : undefined;
  const body = input === undefined ? json : await open(cli, input);
  if (body !== undefined && !headers.has("content-type")) headers.set("Content-Type", "application/json");
  return { method, url, headers, body };
}

function parseMethod(text: string): string {
  const method = text.toUpperCase();
  // CONNECT opens a tunnel, and TRACE sends the headers back, with the token among them.
  if (/^[A-Z]{1,20}$/.test(method) && !["CONNECT", "TRACE", "TRACK"].includes(method)) return method;
  throw usageError("this is not a method of an API", "for example GET, POST, PUT, PATCH or DELETE");
}

const WORDS = new Map<string, unknown>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** The file that holds the value; undefined when the value is on the command line. */
function fileOf({ text = "" }: Field): string | undefined {
  return text.startsWith("@") ? text.slice(1) : undefined;
}

async function open({ signal }: Cli, name: string): Promise<Message["body"]> {
  const { openInput } = await import("../system/input.ts");
  return openInput(name, signal);
}

async function readValue(cli: Cli, field: Field): Promise<unknown> {
  const { text = "" } = field;
  const name = fileOf(field);
  if (name === undefined) return WORDS.has(text) ? WORDS.get(text) : (exactNumber(text) ?? text);
  const { readInput } = await import("../system/input.ts");
  try {
    const bytes = await readInput(name, cli.signal);
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw usageError(`${name === "-" ? "standard input" : `the file ${name}`} is not UTF-8 text`);
  }
}

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Errors do not repeat a value, which may be secret. */
function parseHeaders(written: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of written) {
    const at = line.indexOf(":");
    const name = line.slice(0, Math.max(at, 0)).trim();
    const value = line.slice(at + 1).trim();
    if (!HEADER_NAME.test(name)) throw usageError("a header is written Name: value");
    if (isReservedHeader(name)) throw usageError(`the header ${name} cannot be set`);
    if (!HEADER_VALUE.test(value))
      throw usageError(`the value of the header ${name} has characters that no header can have`);
    headers.append(name, value);
  }
  redactCredentials(headers);
  return headers;
}
