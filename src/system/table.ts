import displayWidth from "fast-string-width";
import type { Tone } from "./paint.ts";

export type Cell = string | { text: string; tone?: Tone | undefined };

/** A row without a value is left out. */
export type Field = readonly [label: string, value: string | null, tone?: Tone];

/** A line for each row, with columns as wide as their content needs; colours take no width. */
export function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell));
  const pad = (cell: string, column: number) => cell + " ".repeat((widths[column] ?? 0) - displayWidth(cell));
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
}
