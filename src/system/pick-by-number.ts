import { usageError } from "../errors.ts";
import { askLine, type Streams } from "./line-input.ts";
import type { List } from "./picker.ts";

const MAX_TRIES = 3;

/** For a terminal that cannot move its cursor: the rows have numbers, and one of these is typed. */
export async function pickByNumber<T>(list: List<T>, streams: Streams): Promise<List<T>["choices"][number]> {
  const { message, choices, initial } = list;
  const rows = choices.map(({ cells }, index) => `${index + 1}) ${cells.filter(Boolean).join("  ")}`);
  const usual = choices.findIndex(({ value }) => value === initial) + 1;
  const range = `A number from 1 to ${choices.length}${usual > 0 ? ` (Enter: ${usual})` : ""}`;
  const ask = (text: string) =>
    askLine({ message: text, isHidden: false, show: (characters) => characters.join("") }, streams);
  let answer = await ask([message, ...rows, range].join("\n"));
  for (let tries = 1; ; tries += 1) {
    const chosen = choices[(answer === "" ? usual : Number(answer)) - 1];
    if (chosen) return chosen;
    if (tries === MAX_TRIES) throw usageError("there is no such number in the list");
    answer = await ask(range);
  }
}
