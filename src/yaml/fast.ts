import { Context } from "../contexts/context.ts";
import { type ContextsFile, DEFAULT_CURRENT } from "./contexts-file.ts";
import { kindOf, unquoteDouble } from "./scalar.ts";

// A reader for the one shape that Python bentoml and this program write. Everything it is not certain about it
// declines, so that there is a single authority on what YAML means: the full parser.

const UNUSUAL_TEXT = /[^\x20-\x7e\r\n]|\r(?!\n)/;
const NOTHING = /^ *(?:#.*)?$/;
/** Indentation, the blanks behind a dash, key and value. Each expression here is compiled anew at every start. */
const LINE = /^( *)(?:-( +))?([a-z_]+):(?: +(.*))?$/;
const KEYS = new Set(["api_token", "email", "endpoint", "name"]);
const SINGLE_QUOTED = /^'((?:[^']|'')*)'$/;
const CERTAINLY_PLAIN_START = /^[A-Za-z0-9._/+~$^(;<=\\]/;
const NOT_PLAIN = /: |:$| #/;

/** An entry and where it stands, by the indexes of its lines and the columns of its dash and keys. */
interface UsualEntry {
  first: number;
  last: number;
  dash: number;
  column: number;
  keys: Partial<Record<string, number>>;
  values: Partial<Record<string, string | null>>;
}

/** The text Python sees, null where it sees None, undefined when that takes more than a glance. */
function readValue(source: string): string | null | undefined {
  if (source.startsWith("'")) return SINGLE_QUOTED.exec(source)?.[1]?.replaceAll("''", "'");
  if (source.startsWith('"')) return unquoteDouble(source);
  const kind = kindOf(source);
  if (kind === "null") return null;
  if (!CERTAINLY_PLAIN_START.test(source) || NOT_PLAIN.test(source)) return undefined;
  // What versions of PyYAML dispute is taken as text, because in this shape it was PyYAML 6 that wrote it.
  return kind === "string" || kind === "disputed" ? source : undefined;
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
    if (gap === undefined && indent === "") return this.#readTop(key, source.trimEnd(), index);
    if (gap !== undefined && !this.#openEntry(index, indent.length, gap.length)) return false;
    const entry = this.entries.at(-1);
    const isOwn = entry && (gap !== undefined || entry.column === indent.length);
    const value = readValue(source.trimEnd());
    if (!this.#isOpen || !isOwn || !KEYS.has(key) || key in entry.keys || value === undefined) return false;
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
    if (key === "contexts" && this.list === -1) {
      this.list = index;
      this.#isOpen = this.#needsEntry = source === "";
      return source === "" || source === "[]";
    }
    const name = readValue(source);
    if (key !== "current_context_name" || typeof name !== "string" || this.current.line !== null)
      return false;
    this.current = { name, line: index + 1 };
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
