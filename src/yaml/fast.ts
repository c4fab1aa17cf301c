import { Context } from "../contexts/context.ts";
import { type ContextsFile, DEFAULT_CURRENT } from "./contexts-file.ts";
import { kindOf, unquoteDouble } from "./scalar.ts";

// A reader for the shape that Python bentoml and this program write, where each value stands on a line of its own, also
// with the comments and simple keys that people add to it. Everything it is not certain about it declines, so that there
// is a single authority on what YAML means: the full parser.

const UNUSUAL_TEXT = /[^\x20-\x7e\r\n]|\r(?!\n)/;
const NOTHING = /^ *(?:#.*)?$/;
/** Indentation, the blanks behind a dash, key and value. Each expression here is compiled anew at every start. */
const LINE = /^( *)(?:-( +))?([a-z_]{1,99}):(?: +(.*))?$/;
const EMPTY_LIST = /^\[\] *(?:#.*)?$/;
const QUOTED = /^(?:'[^']*(?:''[^']*)*'|"[^"\\]*(?:\\.[^"\\]*)*")(?=[ \r\n]|$)/;
const END_OF_PLAIN = / #|[\r\n]|$/;
const CERTAINLY_PLAIN_START = /^[A-Za-z0-9._/+~$^(;<=\\]/;
const NOT_PLAIN = /: |:$/;

/** An entry and where it stands, by the indexes of its lines and the columns of its dash and keys. */
interface UsualEntry {
  first: number;
  last: number;
  dash: number;
  column: number;
  keys: Partial<Record<string, number>>;
  values: Partial<Record<string, string | null>>;
}

/** How much of what stands behind a key is its value, and not blanks or a comment. */
export function lengthOfValue(source: string): number {
  const quoted = QUOTED.exec(source)?.[0];
  if (quoted !== undefined) return quoted.length;
  const end = source.startsWith("#") ? 0 : source.search(END_OF_PLAIN);
  return source.slice(0, end).trimEnd().length;
}

/** The text Python sees, null where it sees None, undefined when that takes more than a glance. */
function readValue(source: string): string | null | undefined {
  const length = lengthOfValue(source);
  const written = source.slice(0, length);
  if (!NOTHING.test(source.slice(length))) return undefined;
  if (QUOTED.test(written))
    return written.startsWith('"') ? unquoteDouble(written) : written.slice(1, -1).replaceAll("''", "'");
  const kind = kindOf(written);
  if (kind === "null") return null;
  if (!CERTAINLY_PLAIN_START.test(written) || NOT_PLAIN.test(written)) return undefined;
  // What versions of PyYAML dispute is taken as text, because in this shape it was PyYAML 6 that wrote it.
  return kind === "string" || kind === "disputed" ? written : undefined;
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

  /** Each of these is false when the full parser has to decide. */
  read(line: string, index: number): boolean {
    const parts = LINE.exec(line);
    if (!parts) return NOTHING.test(line);
    const [, indent = "", gap, key = "", source = ""] = parts;
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

  /** `contexts:` with nothing under it is null, which is an error, not an empty list. */
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
  for (const [index, line] of text.split("\n").entries())
    if (!file.read(line.endsWith("\r") ? line.slice(0, -1) : line, index)) return undefined;
  return file.isComplete ? file : undefined;
}

/** The file, or undefined when it is in any other shape than the usual one. Never throws. */
export function readFast(text: string): ContextsFile | undefined {
  const { entries = [], current } = readUsual(text) ?? {};
  const contexts = entries.flatMap(({ values, first }) => {
    const { name, endpoint, api_token: apiToken, email = null } = values;
    if (typeof name !== "string" || typeof endpoint !== "string" || typeof apiToken !== "string") return [];
    return new Context({ name, endpoint, apiToken, email, line: first + 1 });
  });
  return current && contexts.length === entries.length ? { contexts, current, problems: [] } : undefined;
}
