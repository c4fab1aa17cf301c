import { isCollection, isNode, isPair } from "yaml";
import type { CST, Pair } from "yaml";
import { startOf } from "./document.ts";

/** Replaces the text between two offsets. */
export interface Splice {
  start: number;
  end: number;
  text: string;
  /** A line ending that comes before the text, unless one is there already. */
  eol?: string;
}

/** Where the lines and nodes of a text begin and end, so that it can be changed without being written anew. */
export class Layout {
  readonly text: string;
  /** The line ending the file uses. */
  readonly eol: string;

  constructor(text: string) {
    this.text = text;
    this.eol = /\r\n|\r|\n/.exec(text)?.[0] ?? "\n";
  }

  lineStart(offset: number): number {
    let start = offset;
    while (start > 0 && !/[\r\n]/.test(this.text[start - 1] ?? "")) start -= 1;
    return start;
  }

  /** The start of the next line, or of this one when the offset is already at a line's start, as after a block scalar. */
  lineEnd(offset: number): number {
    if (offset > 0 && /[\r\n]/.test(this.text[offset - 1] ?? "")) return offset;
    const lineBreak = /\r\n|\r|\n/g;
    lineBreak.lastIndex = offset;
    return lineBreak.exec(this.text) ? lineBreak.lastIndex : this.text.length;
  }

  /** How far an offset is from the start of its line; a byte order mark takes no room. */
  column(offset: number): number {
    return this.text.slice(this.lineStart(offset), offset).replace("\ufeff", "").length;
  }

  /** Whole lines put in at the start of a line, or at the end of a text without a final line ending. */
  insertLines(offset: number, lines: string[]): Splice {
    const text = lines.map((line) => line + this.eol).join("");
    return { start: offset, end: offset, text, eol: this.eol };
  }

  /** The end of the comment lines that follow and are indented deeper than their parent, so that they belong above. */
  endWithComments(offset: number, parentColumn: number): number {
    let end = this.lineEnd(offset);
    for (;;) {
      const indent = /^( *)#/.exec(this.text.slice(end, this.lineEnd(end + 1)))?.[1];
      if (indent === undefined || indent.length <= parentColumn) return end;
      end = this.lineEnd(end + 1);
    }
  }

  /** Puts another scalar where a value stands, with its anchor and tag, or where one is missing. */
  replaceValue(pair: Pair, text: string): Splice {
    const value = pair.value;
    const start = propertiesOf(pair)[0]?.offset ?? startOf(value);
    const end = isNode(value) ? (value.range?.[1] ?? start) : start;
    const before = /[\s,[{]/.test(this.text[start - 1] ?? "") ? "" : " ";
    const swallowed = /(?:\r\n|\r|\n)$/.exec(this.text.slice(start, end))?.[0] ?? "";
    const after = swallowed === "" && this.text[end] === "#" ? " " : swallowed;
    return { start, end, text: before + text + after };
  }
}

export function applySplices(text: string, splices: Splice[]): string {
  let at = 0;
  let end = "";
  const pieces: string[] = [];
  const add = (piece: string) => {
    pieces.push(piece);
    end = piece.at(-1) ?? end;
  };
  for (const splice of splices.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    add(text.slice(at, splice.start));
    if (splice.eol !== undefined && end !== "" && !/[\r\n]/.test(end)) add(splice.eol);
    add(splice.text);
    at = splice.end;
  }
  return pieces.join("") + text.slice(at);
}

/** The end of a node's own text: comments and blank lines after it, which YAML's ranges count in, are not part of it. */
export function endOf(node: unknown): number {
  if (isPair(node)) return isNode(node.value) ? endOf(node.value) : endOf(node.key);
  if (isCollection(node) && node.srcToken?.type !== "flow-collection" && node.items.length > 0)
    return endOf(node.items.at(-1));
  return isNode(node) ? (node.range?.[1] ?? 0) : 0;
}

/** The colon of a pair. */
export function colonEnd(pair: Pair): number {
  const colon = separatorOf(pair).find((token) => token.type === "map-value-ind");
  return colon ? colon.offset + 1 : endOf(pair.key);
}

/** The anchor and tag between a pair's colon and its value. */
export function propertiesOf(pair: Pair): CST.SourceToken[] {
  return separatorOf(pair).filter((token) => token.type === "anchor" || token.type === "tag");
}

function separatorOf(pair: Pair): CST.SourceToken[] {
  return pair.srcToken?.sep ?? [];
}

/** Whether the key is written with a question mark. */
export function hasExplicitKey(pair: Pair): boolean {
  return pair.srcToken?.start.some((token) => token.type === "explicit-key-ind") === true;
}
