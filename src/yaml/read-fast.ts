import { Context } from "../contexts/context.ts";
import { type ContextsFile, DEFAULT_CURRENT } from "./contexts-file.ts";
import { kindOf, unquoteDouble } from "./scalar.ts";

// Reads the usual shape: files as Python bentoml and this program write them, with each value on its own line, and with
// the comments and simple keys that people add. It declines every file that may have another meaning in YAML, so that
// the full reader decides.

const UNUSUAL_TEXT = /[^\x20-\x7e\r\n]|\r(?!\n)/;
const NOTHING = /^ *(?:#.*)?$/;
/** Indentation, the blanks after a dash, key and value. Each regular expression here costs time at every start. */
const LINE = /^( *)(?:-( +))?([a-z_]+):(?: +(.*))?$/;
/** PyYAML finds the colon of a key only up to about this length. */
const MAX_KEY = 1_000;
const EMPTY_LIST = /^\[\] *(?:#.*)?$/;
const QUOTED = /^(?:'[^']*(?:''[^']*)*'|"[^"\\]*(?:\\.[^"\\]*)*")(?= |$)/;
/** Quotes with nothing in them or behind them that could mean something else. */
const SIMPLE_QUOTED = /^(?:'[^']*'|"[^"\\]*")$/;
/** A plain scalar that is certainly neither a key nor followed by a comment. Most values match. */
const WORD = /^[A-Za-z0-9._/+~$^(;<=\\](?:[^ ]*[^ :])?$/;
const WORDS = /^[A-Za-z0-9._/+~$^(;<=\\][^:]*(?::(?! |$)[^:]*)*$/;

/** An entry, with the indexes of its lines and the columns of its dash and keys. */
interface UsualEntry {
  first: number;
  last: number;
  dash: number;
  column: number;
  keys: Partial<Record<string, number>>;
  values: Partial<Record<string, string | null>>;
}

/** The length of the value in the text after a key, without blanks and comment. */
export function lengthOfValue(source: string): number {
  const quoted = QUOTED.exec(source)?.[0];
  if (quoted !== undefined) return quoted.length;
  const comment = source.startsWith("#") ? 0 : source.indexOf(" #");
  return (comment === -1 ? source : source.slice(0, comment)).trimEnd().length;
}

/** The text that Python reads, null for None, undefined when the full reader has to decide. */
function readValue(source: string): string | null | undefined {
  if (SIMPLE_QUOTED.test(source)) return source.slice(1, -1);
  let written = source;
  if (!WORD.test(source)) {
    const length = lengthOfValue(source);
    written = source.slice(0, length);
    if (!NOTHING.test(source.slice(length))) return undefined;
    if (written.startsWith('"')) return unquoteDouble(written);
    if (QUOTED.test(written)) return written.slice(1, -1).replaceAll("''", "'");
    if (written !== "" && !WORDS.test(written)) return undefined;
  }
  const kind = kindOf(written);
  if (kind === "null") return null;
  return kind === "string" ? written : undefined;
}

/** The lines of a file in the usual shape. */
export class UsualFile {
  readonly entries: UsualEntry[] = [];
  current: ContextsFile["current"] = { name: DEFAULT_CURRENT, line: null };
  /** The index of the line of `contexts:`. */
  list = -1;
  /** Whether the next line may belong to the list. */
  #isOpen = false;
  #needsEntry = false;

  /** False when the full reader has to decide. */
  read(line: string, index: number): boolean {
    const parts = LINE.exec(line);
    if (!parts) return NOTHING.test(line);
    const [, indent = "", gap, key = "", source = ""] = parts;
    if (key.length > MAX_KEY) return false;
    if (gap === undefined && indent === "") return this.#readTop(key, source, index);
    if (gap !== undefined && !this.#openEntry(index, indent.length, gap.length)) return false;
    const entry = this.entries.at(-1);
    const isOwn = entry && (gap !== undefined || entry.column === indent.length);
    const value = readValue(source);
    if (!this.#isOpen || !isOwn || key in entry.keys || value === undefined) return false;
    entry.values[key] = value;
    entry.keys[key] = index;
    entry.last = index;
    return true;
  }

  /** False for `contexts:` without entries: YAML reads null, which is an error and not an empty list. */
  get isComplete(): boolean {
    return this.list !== -1 && (!this.#needsEntry || this.entries.length > 0);
  }

  #openEntry(index: number, dash: number, gap: number): boolean {
    const column = dash + 1 + gap;
    this.entries.push({ first: index, last: index, dash, column, keys: {}, values: {} });
    return dash === this.entries[0]?.dash;
  }

  #readTop(key: string, source: string, index: number): boolean {
    this.#isOpen = false;
    const value = readValue(source);
    if (key === "contexts") {
      const isEmpty = EMPTY_LIST.test(source);
      if (this.list !== -1 || !(isEmpty || NOTHING.test(source))) return false;
      this.list = index;
      this.#isOpen = this.#needsEntry = !isEmpty;
      return true;
    }
    if (key !== "current_context_name") return value !== undefined;
    if (typeof value !== "string" || this.current.line !== null) return false;
    this.current = { name: value, line: index + 1 };
    return true;
  }
}

export function readUsual(text: string): UsualFile | undefined {
  if (UNUSUAL_TEXT.test(text)) return undefined;
  const file = new UsualFile();
  let index = 0;
  for (let start = 0; start < text.length; index += 1) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    if (!file.read(text.slice(start, text[end - 1] === "\r" && end > start ? end - 1 : end), index))
      return undefined;
    start = end + 1;
  }
  return file.isComplete ? file : undefined;
}

/** The file, or undefined when it does not have the usual shape. Never throws. */
export function readFast(text: string, usual = readUsual(text)): ContextsFile | undefined {
  const { entries = [], current } = usual ?? {};
  const contexts: Context[] = [];
  for (const { values, first } of entries) {
    const { name, endpoint, api_token: apiToken, email = null } = values;
    if (typeof name !== "string" || typeof endpoint !== "string" || typeof apiToken !== "string")
      return undefined;
    contexts.push(new Context({ name, endpoint, apiToken, email, line: first + 1 }));
  }
  return current && { contexts, current, problems: [] };
}
