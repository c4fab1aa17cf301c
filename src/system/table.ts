import type { Tone } from "./paint.ts";
import { cutText, displayWidth, wrapText } from "./wrap.ts";

export type Cell = string | { text: string; tone?: Tone | undefined };

/** A row of a table; a column that is null, or empty in every row, is left out. */
export type Cells = readonly (Cell | null)[];

/** A row without a value is left out. */
export type Field = readonly [label: string, value: string | null, tone?: Tone | undefined];

/** A cell whose text is ready to be printed. */
interface Ready {
  text: string;
  tone?: Tone | undefined;
}

export interface Place {
  /** The width of the terminal; infinite in a pipe, where nothing is wrapped. */
  columns: number;
  paint: (text: string, tone: Tone) => string;
}

const GAP = "  ";

/** Where a column would have to be narrower than this, the rows stand below each other instead. */
const NARROWEST = 16;

interface Table {
  header: readonly string[];
  rows: readonly (readonly Ready[])[];
  /** The column that is left out where the words of the others would not stay whole. */
  spare?: string | undefined;
}

/**
 * The lines of a table, with columns as wide as their content needs. Where the terminal is narrower, the widest columns
 * wrap their text. Words stay whole for as long as possible, so that an ID or an address can be copied.
 */
export function layTable({ header, rows, spare }: Table, place: Place): string[] {
  const heading = header.map((text): Ready => ({ text, tone: "dim" }));
  const lines = header.length > 0 ? [heading, ...rows] : rows;
  const lay = (shown: readonly (readonly Ready[])[], widths: readonly number[] | undefined) =>
    widths && shown.flatMap((row) => layRow(row, widths, place));
  const { natural, words } = measure(lines);
  const whole = (least: readonly number[]) => least.map((width) => Math.max(width, NARROWEST));
  const wide = lay(lines, fitWidths(natural, whole(words), place.columns));
  if (wide) return wide;
  const index = header.indexOf(spare ?? "");
  if (index > 0) {
    const without = <T>(row: readonly T[]) => row.toSpliced(index, 1);
    const widths = fitWidths(without(natural), whole(without(words)), place.columns);
    const smaller = lay(lines.map(without), widths);
    if (smaller) return smaller;
  }
  const least = natural.map(() => (header.length > 0 ? NARROWEST : 1));
  return (
    lay(lines, fitWidths(natural, least, place.columns)) ??
    rows.flatMap((row, at) => [...(at > 0 ? [""] : []), ...stack(header, row, place)])
  );
}

/** How wide each column would be with room enough, and its longest word. */
function measure(rows: readonly (readonly Ready[])[]): { natural: number[]; words: number[] } {
  const texts = rows.map((row) => row.map(({ text }) => text));
  return { natural: widthsOf(texts), words: widthsOf(texts.map((row) => row.map(longestWord))) };
}

/** A row of a table that is too wide: its mark and name, and below them a line for each other cell that says something. */
function stack(header: readonly string[], row: readonly Ready[], place: Place): string[] {
  const lead = header[0] === "" ? 2 : 1;
  const title = row.slice(0, lead).map(({ text }) => text);
  const names = wrapText(title.join(" "), place.columns).map((line) => place.paint(line, "bold"));
  const rest = row.slice(lead).map(({ text, tone }, index) => {
    const isSilent = text === "" || text === "-";
    return [header[lead + index]!.toLowerCase(), isSilent ? null : text, tone] as const;
  });
  return [...names, ...layFields(rest, { ...place, indent: 2 + GAP.length })];
}

/** Labels and values, aligned. A value that is wider than the rest of the line continues below its beginning. */
export function layFields(
  fields: readonly Field[],
  { indent = 0, ...place }: Place & { indent?: number },
): string[] {
  const shown = fields.filter(([, text]) => text !== null);
  const width = Math.max(...shown.map(([label]) => label.length));
  const room = Math.max(place.columns - indent - width - GAP.length, 1);
  return shown.flatMap(([label, text, tone]) =>
    layRow(
      [
        { text: label, tone: "dim" },
        { text: text!, tone },
      ],
      [width, room],
      place,
    ).map((line) => " ".repeat(indent) + line),
  );
}

function layRow(row: readonly Ready[], widths: readonly number[], { paint }: Place): string[] {
  const cells = row.map(({ text }, column) => wrapText(text, widths[column]!));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, at) => {
    const pieces = cells.map((lines, column) => {
      const text = lines[at] ?? "";
      const tone = row[column]?.tone;
      const shown = tone && text !== "" ? paint(text, tone) : text;
      return column === row.length - 1 ? shown : shown + " ".repeat(widths[column]! - displayWidth(text));
    });
    return pieces.join(GAP).trimEnd();
  });
}

/** Rows that never wrap, such as those of a list to choose from: what does not fit is cut. */
export function cutRow(row: readonly string[], widths: readonly number[], ellipsis: string): string {
  const cells = row.map((text, column) => {
    const cut = cutText(text, widths[column]!, ellipsis);
    return cut + " ".repeat(widths[column]! - displayWidth(cut));
  });
  return cells.join(GAP).trimEnd();
}

/** How wide each column would be with room enough. */
export function widthsOf(rows: readonly (readonly string[])[]): number[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, text] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(text));
  return widths;
}

function longestWord(text: string): string {
  return text.split(" ").reduce((longest, word) => (word.length > longest.length ? word : longest), "");
}

/** The widest columns give way first. Undefined when one would become narrower than its `least`. */
export function fitWidths(
  natural: readonly number[],
  least: readonly number[],
  columns: number,
): number[] | undefined {
  const room = columns - GAP.length * (natural.length - 1);
  const widthsBelow = (limit: number) =>
    natural.map((width, column) => Math.min(width, Math.max(limit, least[column]!)));
  for (let limit = Math.min(Math.max(...natural), room); limit >= 0; limit -= 1) {
    const widths = widthsBelow(limit);
    if (widths.reduce((sum, width) => sum + width, 0) <= room) return widths;
  }
  return undefined;
}
