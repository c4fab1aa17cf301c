import { styleText } from "node:util";
import { AutocompletePrompt } from "@clack/core";
import { S_RADIO_ACTIVE, S_RADIO_INACTIVE, symbol } from "@clack/prompts";
import { cutRow, fitWidths, widthsOf } from "./table.ts";
import { cutText, displayWidth } from "./wrap.ts";

/** A list to choose from, whose texts are ready to be printed. */
export interface List<T> {
  message: string;
  choices: readonly { value: T; cells: readonly string[] }[];
  initial: T | undefined;
  ellipsis: string;
}

interface Streams {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
  signal: AbortSignal;
}

type Option<T> = List<T>["choices"][number];
/** What a frame is drawn from. */
type Picker<T> = Pick<
  AutocompletePrompt<{ value: Option<T> }>,
  "state" | "userInput" | "cursor" | "filteredOptions" | "emit"
>;

const MOST_ROWS = 12;
const LEAST_ROWS = 3;
/** The lines around the rows, and one that the terminal needs for the cursor. */
const OTHER_ROWS = 5;
/** A list of so few does not explain how to search. */
const SHORT_LIST = 5;
/** The mark of a row, and the blank behind it. */
const MARGIN = 2;

/** Shows the rows that have every word that is typed. The library's own prompt wraps long rows and searches less. */
export function pickFrom<T>(list: List<T>, streams: Streams): Promise<Option<T> | symbol> {
  const { choices, initial } = list;
  const start = choices.find(({ value }) => value === initial) ?? choices[0];
  const natural = widthsOf(choices.map(({ cells }) => cells));
  const picker = new AutocompletePrompt<{ value: Option<T> }>({
    ...streams,
    options: choices.map((value) => ({ value })),
    initialValue: [start],
    filter: (search, { value }) => hasWords(value.cells.join(" "), search),
    validate: (value) => (value === undefined ? "nothing matches" : undefined),
    render() {
      return draw(this, list, { natural, screen: streams.output });
    },
  });
  picker.on("key", (_character, { name }) => turnPage(picker, name, streams.output));
  return picker.prompt() as Promise<Option<T> | symbol>;
}

function hasWords(text: string, search: string): boolean {
  const row = text.toLowerCase();
  return search
    .toLowerCase()
    .split(" ")
    .every((word) => row.includes(word));
}

interface Screen {
  natural: readonly number[];
  screen: NodeJS.WriteStream;
}

function draw<T>(
  picker: Picker<T>,
  { message, choices, ellipsis }: List<T>,
  { natural, screen }: Screen,
): string {
  const { state, userInput, cursor, filteredOptions: found } = picker;
  const columns = screen.columns || 80;
  const title = `${symbol(state)} ${message}`;
  if (state === "cancel") return title;
  const chosen = found[cursor]?.value.cells[0] ?? "";
  if (state === "submit") return `${title}\n${indent(cutText(chosen, columns - MARGIN, ellipsis))}`;
  const widths = widthsIn(natural, columns - MARGIN);
  const height = heightOf(screen);
  const first = Math.max(0, Math.min(cursor - Math.floor(height / 2), found.length - height));
  const rows = found.slice(first, first + height).map(({ value }, index) => {
    const row = cutText(cutRow(value.cells, widths, ellipsis), columns - MARGIN, ellipsis);
    const isFocused = first + index === cursor;
    return isFocused
      ? `${styleText("green", S_RADIO_ACTIVE)} ${styleText("bold", row)}`
      : `${styleText("dim", S_RADIO_INACTIVE)} ${row}`;
  });
  const isLong = choices.length > SHORT_LIST;
  const search = isLong || userInput !== "" ? [indent(`Search: ${endOf(userInput, columns - 12)}_`)] : [];
  const range = `${first + 1}-${first + rows.length} of ${found.length}`;
  const help = cutText(`${range} - type to search, Enter picks, Esc cancels`, columns - MARGIN, ellipsis);
  const below = found.length === 0 ? "Nothing matches" : isLong ? styleText("dim", help) : undefined;
  return [title, ...search, ...rows, ...(below === undefined ? [] : [indent(below)])].join("\n");
}

/** A name keeps half of the line: rows whose names are cut to one beginning cannot be told apart. */
function widthsIn(natural: readonly number[], room: number): readonly number[] {
  const least = natural.map((width, column) => (column === 0 ? Math.min(width, Math.floor(room / 2)) : 1));
  return fitWidths(natural, least, room) ?? least;
}

function indent(text: string): string {
  return " ".repeat(MARGIN) + text;
}

function heightOf(screen: NodeJS.WriteStream): number {
  return Math.max(LEAST_ROWS, Math.min(MOST_ROWS, (screen.rows || 24) - OTHER_ROWS));
}

/** The end of the typed text, as much as fits before the cursor. */
export function endOf(text: string, columns: number): string {
  let [start, width] = [text.length, 0];
  for (const character of [...text].toReversed()) {
    width += displayWidth(character);
    if (width > columns) break;
    start -= character.length;
  }
  return text.slice(start);
}

/** The library knows no pages, but it moves by one row. */
function turnPage<T>(picker: Picker<T>, key: string | undefined, screen: NodeJS.WriteStream): void {
  if (key !== "pagedown" && key !== "pageup") return;
  const name = key === "pagedown" ? "down" : "up";
  const last = picker.filteredOptions.length - 1;
  const left = key === "pagedown" ? last - picker.cursor : picker.cursor;
  for (let step = Math.min(heightOf(screen), left); step > 0; step -= 1)
    picker.emit("key", undefined, { name });
}
