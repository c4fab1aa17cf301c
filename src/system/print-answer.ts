import { STDOUT } from "./stream.ts";
import { type Cells, type Field, layFields, layTable, type Place } from "./table.ts";
import type { Terminal } from "./terminal.ts";
import { wrapText } from "./wrap.ts";

/** Answers for people, in the width of their terminal. They are loaded by the commands that print them only. */
export function printSentence(terminal: Terminal, text: string): void {
  printLines(terminal, wrapText(terminal.show(text), terminal.columns(STDOUT)));
}

export function printFields(terminal: Terminal, rows: readonly Field[]): void {
  const fields = rows.map(([label, text, tone]): Field => [label, text && terminal.show(text), tone]);
  printLines(terminal, layFields(fields, placeOf(terminal)));
}

interface Table {
  header: readonly (string | null)[];
  rows: readonly Cells[];
  spare: string | undefined;
}

/** Leaves out columns that are null, and those with a title and no text. */
export function printTable(terminal: Terminal, { header, rows, spare }: Table): void {
  const isFilled = (_: unknown, column: number) => !header[column] || rows.some((row) => row[column] !== "");
  const titles = header.filter(isFilled).filter((title) => title !== null);
  const ready = rows.map((row) =>
    row.filter(isFilled).flatMap((cell) => {
      if (cell === null) return [];
      const { text, tone } = typeof cell === "string" ? { text: cell } : cell;
      return { text: terminal.show(text), tone };
    }),
  );
  printLines(terminal, layTable({ header: titles, rows: ready, spare }, placeOf(terminal)));
}

function placeOf(terminal: Terminal): Place {
  return {
    columns: terminal.columns(STDOUT),
    paint: (text, tone) => terminal.paint(text, tone, STDOUT),
  };
}

function printLines(terminal: Terminal, lines: readonly string[]): void {
  terminal.write(STDOUT, lines.map((line) => `${line}\n`).join(""));
}
