import { changesIn, type Fields, fieldsOf, type Target } from "./change.ts";
import type { ContextsFile } from "./contexts-file.ts";
import { lengthOfValue, type UsualFile } from "./read-fast.ts";
import { writeScalar } from "./scalar.ts";

const LINE = /[^\n]*\n|[^\n]+/g;
/** A key with its colon and the blanks before the value. */
const HEAD = /^[^:]+: */;
const COMMENT = /^( *)#/;

interface Edit {
  usual: UsualFile;
  /** The content of the lines. */
  file: ContextsFile;
  target: Target;
}

/**
 * The editor for files that the fast reader accepts, in which each value has its own line. Changes the lines of changed
 * values and no other byte.
 */
export function editLines(text: string, { usual, file, target }: Edit): string {
  const { entries: places, list } = usual;
  const { contexts, current } = file;
  // Indexes stay valid: an added line is joined to the line above it, and a removed line becomes an empty text.
  const lines: string[] = text.match(LINE) ?? [];
  const eol = lines[0]?.endsWith("\r\n") ? "\r\n" : "\n";
  const edit = (at: number, change: (line: string) => string) => (lines[at] = change(lines[at] ?? ""));
  const putBelow = (at: number, ...added: string[]) =>
    edit(at, (line) => [line.endsWith("\n") ? line : line + eol, ...added.map((one) => one + eol)].join(""));

  const wanted = new Map(target.entries.map(({ from, fields }) => [from, fields]));
  let end = list;
  for (const [index, context] of contexts.entries()) {
    const { first = 0, last = 0, dash = 0, column = 0, keys = {} } = places[index] ?? {};
    const fields = wanted.get(index);
    for (const [key, value] of fields ? changesIn(fieldsOf(context), fields) : []) {
      const at = keys[key];
      if (at === undefined) putBelow(last, " ".repeat(column) + writeField(key, value));
      else edit(at, (line) => withValue(line, value));
    }
    if (fields) end = last;
    else lines.fill("", first, findLastComment(lines, last, dash) + 1);
  }
  const dash = places[0]?.dash ?? 0;
  end = findLastComment(lines, end, dash);

  const isEmpty = target.entries.length === 0;
  if (isEmpty && contexts.length > 0) edit(list, (line) => line.replace(":", ": []"));
  if (!isEmpty && contexts.length === 0) edit(list, withoutEmptyList);
  for (const { from, fields } of target.entries)
    if (from === undefined) putBelow(end, ...writeEntry(fields, " ".repeat(dash)));

  const name = target.current;
  if (name !== undefined && name !== (current.line === null ? null : current.name)) {
    if (current.line === null) putBelow(end, writeField("current_context_name", name));
    else edit(current.line - 1, (line) => (name === null ? "" : withValue(line, name)));
  }
  return lines.join("");
}

/** The last of the comment lines that follow an entry and are indented deeper than its dash. */
function findLastComment(lines: string[], last: number, dash: number): number {
  let end = last;
  while ((COMMENT.exec(lines[end + 1] ?? "")?.[1]?.length ?? 0) > dash) end += 1;
  return end;
}

function writeEntry(fields: Fields, indent: string): string[] {
  return Object.entries(fields).map(
    ([key, value], index) => `${indent}${index === 0 ? "- " : "  "}${writeField(key, value)}`,
  );
}

function withValue(line: string, value: string | null): string {
  const [written = ""] = line.split(/\r?\n/, 1);
  const head = HEAD.exec(written)?.[0] ?? "";
  const end = head.length + lengthOfValue(written.slice(head.length));
  const gap = head.endsWith(":") ? " " : "";
  return head + gap + writeValue(value) + (line[end] === "#" ? " " : "") + line.slice(end);
}

function writeField(key: string, value: string | null): string {
  return `${key}: ${writeValue(value)}`;
}

function writeValue(value: string | null): string {
  return value === null ? "null" : writeScalar(value);
}

/** The line of `contexts: []` without its value. */
function withoutEmptyList(line: string): string {
  const at = line.indexOf("[]");
  return line.slice(0, at).trimEnd() + line.slice(at + 2);
}
