import { Context } from "../contexts/context.ts";
import { type ContextsFile, DEFAULT_CURRENT } from "./contexts-file.ts";

// Reads a file that is JSON without escapes and tabs, and with nothing but texts as values: YAML gives it the same meaning.
// It declines every other file, so that the full reader decides.

const UNUSUAL_TEXT = /[^\x20-\x7e\r\n]|\\|\r(?!\n)/;
/** PyYAML wants a key, its colon and its value on one line. */
const SPLIT_PAIR = /^ *:|: *\r?$/m;
/** PyYAML finds the colon of a key only up to about this length. */
const MAX_KEY = 1_000;
const PARTS = /"[^"]*"( *:)?|[{}\n]/g;

/** The file, or undefined when the full reader has to decide. Never throws. */
export function readJson(text: string): ContextsFile | undefined {
  const root = UNUSUAL_TEXT.test(text) || SPLIT_PAIR.test(text) ? undefined : parse(text);
  const { contexts: list, ...others } = root ?? {};
  if (!Array.isArray(list) || !hasTexts(others)) return undefined;
  const lines = linesOf(text);
  if (!lines) return undefined;
  const contexts = list.flatMap((entry: Record<string, unknown> | null, index) => {
    const { email = null, ...texts } = entry ?? {};
    if (!hasTexts(texts) || !(email === null || typeof email === "string")) return [];
    const { name, endpoint, api_token: apiToken } = texts;
    if (name === undefined || endpoint === undefined || apiToken === undefined) return [];
    return new Context({ name, endpoint, apiToken, email, line: lines.entries[index] ?? 1 });
  });
  if (contexts.length !== list.length || lines.entries.length !== list.length) return undefined;
  const name = others["current_context_name"] ?? DEFAULT_CURRENT;
  return { contexts, current: { name, line: lines.current }, problems: [] };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function hasTexts(fields: Record<string, unknown>): fields is Record<string, string> {
  return Object.values(fields).every((value) => typeof value === "string");
}

interface Lines {
  /** Of the first key of each entry. */
  entries: number[];
  /** Of the key of the current context. */
  current: number | null;
}

/** Undefined for a key that is too long. */
function linesOf(text: string): Lines | undefined {
  const lines: Lines = { entries: [], current: null };
  let line = 1;
  let depth = 0;
  let isFirst = false;
  for (const [part, colon] of text.matchAll(PARTS)) {
    if (part === "\n") line += 1;
    else if (part === "{" || part === "}") {
      depth += part === "{" ? 1 : -1;
      isFirst = part === "{";
    } else if (colon !== undefined) {
      if (part.length > MAX_KEY) return undefined;
      if (depth === 2 && isFirst) lines.entries.push(line);
      if (depth === 1 && part.startsWith('"current_context_name"')) lines.current = line;
      isFirst = false;
    }
  }
  return lines;
}
