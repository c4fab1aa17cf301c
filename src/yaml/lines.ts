import { changesIn, type Fields, fieldsOf, type Target } from "./change.ts";
import type { ContextsFile } from "./contexts-file.ts";
import { readUsual } from "./fast.ts";
import { writeScalar } from "./scalar.ts";

const LINE = /[^\n]*\n|[^\n]+/g;
/** A key with its colon and the blanks before its value. */
const HEAD = /^[^:]+: */;
const COMMENT = /^( *)#/;

/**
 * The editor for the files that the fast reader accepts, where a value has a line of its own: changes the lines of the
 * values that change, and no other byte.
 */
export function editLines(text: string, { contexts, current }: ContextsFile, target: Target): string {
  const { entries: places = [], list = 0 } = readUsual(text) ?? {};
  const lines = new Lines(text);
  const wanted = new Map(target.entries.map(({ from, fields }) => [from, fields]));
  let end = list;
  for (const [index, context] of contexts.entries()) {
    const { first = 0, last = 0, dash = 0, column = 0, keys = {} } = places[index] ?? {};
    const fields = wanted.get(index);
    const lastComment = lines.lastComment(last, dash);
    if (!fields) lines.remove(first, lastComment);
    else {
      end = lastComment;
      for (const [key, value] of changesIn(fieldsOf(context), fields)) {
        const at = keys[key];
        if (at === undefined) lines.putBelow(last, [" ".repeat(column) + writeField(key, value)]);
        else lines.edit(at, (line) => withValue(line, value));
      }
    }
  }
  const isEmpty = target.entries.length === 0;
  if (isEmpty && contexts.length > 0) lines.edit(list, (line) => line.replace(":", ": []"));
  if (!isEmpty && contexts.length === 0) lines.edit(list, (line) => line.replace(/ *\[\]/, ""));
  const indent = " ".repeat(places[0]?.dash ?? 0);
  for (const { from, fields } of target.entries)
    if (from === undefined) lines.putBelow(end, writeEntry(fields, indent));
  const now = current.line === null ? null : current.name;
  if (target.current !== undefined && target.current !== now) {
    const { current: name } = target;
    if (current.line === null) lines.putBelow(end, [writeField("current_context_name", name)]);
    else if (name === null) lines.remove(current.line - 1, current.line - 1);
    else lines.edit(current.line - 1, (line) => withValue(line, name));
  }
  return lines.join();
}

class Lines {
  /** What is put below a line joins it and what is removed leaves an empty one, so that indexes hold. */
  readonly #lines: string[];
  readonly #eol: string;

  constructor(text: string) {
    this.#lines = text.match(LINE) ?? [];
    this.#eol = this.#lines[0]?.endsWith("\r\n") ? "\r\n" : "\n";
  }

  join(): string {
    return this.#lines.join("");
  }

  /** The last of the comments that follow and are indented deeper than the dash of their entry. */
  lastComment(last: number, dash: number): number {
    let end = last;
    while ((COMMENT.exec(this.#lines[end + 1] ?? "")?.[1]?.length ?? 0) > dash) end += 1;
    return end;
  }

  remove(first: number, last: number): void {
    this.#lines.fill("", first, last + 1);
  }

  putBelow(at: number, added: string[]): void {
    const ended = added.map((line) => line + this.#eol).join("");
    this.edit(at, (line) => (line.endsWith("\n") ? line : line + this.#eol) + ended);
  }

  edit(at: number, edit: (line: string) => string): void {
    this.#lines[at] = edit(this.#lines[at] ?? "");
  }
}

function writeEntry(fields: Fields, indent: string): string[] {
  return Object.entries(fields).map(
    ([key, value], index) => `${indent}${index === 0 ? "- " : "  "}${writeField(key, value)}`,
  );
}

/** The same line with another value. */
function withValue(line: string, value: string | null): string {
  const written = line.trimEnd();
  const head = HEAD.exec(written)?.[0] ?? "";
  return (head.endsWith(":") ? `${head} ` : head) + writeValue(value) + line.slice(written.length);
}

function writeField(key: string, value: string | null): string {
  return `${key}: ${writeValue(value)}`;
}

function writeValue(value: string | null): string {
  return value === null ? "null" : writeScalar(value);
}
