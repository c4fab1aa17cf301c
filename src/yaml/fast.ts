import { Context } from "../contexts/context.ts";
import { isNull, kindOf } from "./scalar.ts";
import type { ContextsFile } from "./read.ts";

/** What Python bentoml takes for current when the file names none. */
export const DEFAULT_CURRENT = "default";

// A reader for the one shape that Python bentoml and this program write. Everything it is not certain about it
// declines, so that there is a single authority on what YAML means: the full parser.

const UNUSUAL_TEXT = /[^\x20-\x7e\r\n]|\r(?!\n)/;
const NOTHING = /^ *(?:#.*)?$/;
/** Indentation, the blanks behind a dash, key and value. Each expression here is compiled anew at every start. */
const LINE = /^( *)(?:-( +))?([a-z_]+):(?: +(.*))?$/;
const FIELDS = new Set(["api_token", "email", "endpoint", "name"]);
const SINGLE_QUOTED = /^'((?:[^']|'')*)' *$/;
const CERTAINLY_PLAIN_START = /^[A-Za-z0-9._/+~$^(;<=\\]/;
const NOT_PLAIN = /: |:$| #/;

/** The text Python sees, null where it sees None, undefined when that takes more than a glance. */
function readValue(source: string): string | null | undefined {
  const quoted = source.startsWith("'") ? SINGLE_QUOTED.exec(source) : null;
  if (quoted) return (quoted[1] ?? "").replaceAll("''", "'");
  const plain = source.trimEnd();
  if (isNull(plain)) return null;
  if (!CERTAINLY_PLAIN_START.test(plain) || NOT_PLAIN.test(plain)) return undefined;
  // What is more than text to Python is the full parser's business.
  return kindOf(plain) === "string" ? plain : undefined;
}

class Entry {
  readonly #fields: Record<string, string | null> = {};
  readonly line: number;
  /** How far the keys of this entry are indented. */
  readonly column: number;

  constructor(line: number, column: number) {
    this.line = line;
    this.column = column;
  }

  /** False when the full parser has to decide. */
  set(key: string, source: string): boolean {
    const value = readValue(source);
    if (value === undefined || this.#fields[key] !== undefined) return false;
    if (value === null && key !== "email") return false;
    this.#fields[key] = value;
    return true;
  }

  toContext(): Context | undefined {
    const { name, endpoint, api_token: apiToken, email = null } = this.#fields;
    if (typeof name !== "string" || typeof endpoint !== "string" || typeof apiToken !== "string")
      return undefined;
    return new Context({ name, endpoint, apiToken, email, line: this.line });
  }
}

class FastReader {
  readonly #contexts: Context[] = [];
  #current: ContextsFile["current"] = { name: DEFAULT_CURRENT, line: null };
  #sawContexts = false;
  /** Whether a dash may come now: inside `contexts:` and not after `contexts: []`. */
  #inList = false;
  #needsItem = false;
  #dash: number | undefined;
  #entry: Entry | undefined;

  /** Each of these is false when the full parser has to decide. */
  line(text: string, number: number): boolean {
    const parts = LINE.exec(text);
    if (!parts) return NOTHING.test(text);
    const [, indent = "", gap, key = "", value = ""] = parts;
    if (FIELDS.has(key)) {
      if (gap !== undefined && !this.#openEntry(number, indent.length, gap.length)) return false;
      const isOwn = gap !== undefined || this.#entry?.column === indent.length;
      return isOwn && this.#entry?.set(key, value) === true;
    }
    if (gap !== undefined || indent !== "" || !this.#closeList()) return false;
    if (key === "contexts") return this.#openList(value);
    return key === "current_context_name" && this.#setCurrent(value, number);
  }

  finish(): ContextsFile | undefined {
    if (!this.#closeList() || !this.#sawContexts) return undefined;
    return { contexts: this.#contexts, current: this.#current, problems: [] };
  }

  #openEntry(line: number, indent: number, gap: number): boolean {
    this.#dash ??= indent;
    if (!this.#inList || indent !== this.#dash || !this.#closeEntry()) return false;
    this.#entry = new Entry(line, indent + 1 + gap);
    this.#needsItem = false;
    return true;
  }

  #closeEntry(): boolean {
    if (!this.#entry) return true;
    const context = this.#entry.toContext();
    this.#entry = undefined;
    if (!context) return false;
    this.#contexts.push(context);
    return true;
  }

  #openList(value: string): boolean {
    const source = value.trimEnd();
    if (this.#sawContexts || (source !== "" && source !== "[]")) return false;
    this.#sawContexts = true;
    this.#inList = source === "";
    this.#needsItem = this.#inList;
    return true;
  }

  /** `contexts:` with nothing under it is null, which is an error, not an empty list. */
  #closeList(): boolean {
    this.#inList = false;
    return !this.#needsItem && this.#closeEntry();
  }

  #setCurrent(source: string, line: number): boolean {
    const name = readValue(source);
    if (typeof name !== "string" || this.#current.line !== null) return false;
    this.#current = { name, line };
    return true;
  }
}

/** The file, or undefined when it is in any other shape than the usual one. Never throws. */
export function readFast(text: string): ContextsFile | undefined {
  if (UNUSUAL_TEXT.test(text)) return undefined;
  const reader = new FastReader();
  let number = 0;
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    number += 1;
    if (!reader.line(text.slice(start, text[end - 1] === "\r" && end > start ? end - 1 : end), number))
      return undefined;
    start = end + 1;
  }
  return reader.finish();
}
