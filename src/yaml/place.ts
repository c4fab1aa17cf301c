import type { Context } from "../contexts/context.ts";

const LINE = /[^\n]*\n|[^\n]+/g;
/** Indentation, the dash of an entry's first line with the blanks behind it, and the key. */
const KEY = /^( *)(- +)?([a-z_]+):/;
/** A key with its colon, the blanks before its value, and the value. */
const VALUE = /^([^:]+:)( *)(.*?)(?= *(?:[\r\n]|$))/;
const COMMENT = /^( *)#/;

/** Where an entry stands in a file that the fast reader accepts, by the indexes of its lines. */
export interface Place {
  first: number;
  last: number;
  /** The line of each key. */
  fields: Map<string, number>;
  dashColumn: number;
  keyColumn: number;
}

/** The lines of a text with their ends. */
export function linesOf(text: string): string[] {
  return text.match(LINE) ?? [];
}

export function placeOf({ line }: Context, lines: string[]): Place {
  const first = (line ?? 1) - 1;
  const [opening = "", indent = ""] = KEY.exec(lines[first] ?? "") ?? [];
  const fields = new Map<string, number>();
  let last = first;
  for (let at = first; at < lines.length; at += 1) {
    const [, spaces, dash, key] = KEY.exec(lines[at] ?? "") ?? [];
    if (key === undefined) continue;
    if (at > first && (spaces === "" || dash !== undefined)) break;
    fields.set(key, at);
    last = at;
  }
  return { first, last, fields, dashColumn: indent.length, keyColumn: opening.search(/[a-z]/) };
}

/** The line of `contexts:`. */
export function listLine(lines: string[]): number {
  return lines.findIndex((line) => line.startsWith("contexts:"));
}

/** The last of the comment lines that follow and are indented deeper than their parent, so that they belong above. */
export function endWithComments(lines: string[], end: number, parentColumn: number): number {
  let last = end;
  while ((COMMENT.exec(lines[last + 1] ?? "")?.[1]?.length ?? 0) > parentColumn) last += 1;
  return last;
}

/** The same line with another value, which is as it shall be written. */
export function withValue(line: string, value: string): string {
  return line.replace(VALUE, (_, key: string, gap: string) => `${key}${gap || " "}${value}`);
}
