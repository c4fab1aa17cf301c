import { confirm, isCancel, updateSettings } from "@clack/prompts";
import { cancelled, usageError } from "../errors.ts";
import { askLine, type Question } from "./line-input.ts";
import type { Output } from "./output.ts";
import { pickByNumber } from "./pick-by-number.ts";
import { endOf, pickFrom } from "./picker.ts";
import { safe } from "./redact.ts";
import { clean, toAsciiMarks } from "./text.ts";
import { wrapText } from "./wrap.ts";

/**
 * Questions on stderr, so that `$(bentocloud …)` works while someone answers. A question that nobody can answer is a
 * usage error, and a cancelled one is an error too, never an answer.
 */
export interface Prompt {
  /** Hidden input. */
  secret(message: string): Promise<string>;
  /** One of a list, which shrinks to the rows that have what is typed. */
  pick<const T>(message: string, choices: readonly Choice<T>[], initial?: T): Promise<T>;
  confirm(message: string): Promise<boolean>;
  /** One visible line. */
  type(message: string): Promise<string>;
}

interface Choice<T> {
  value: T;
  label: string;
  /** Further columns of its row. */
  details?: readonly string[];
}

/** @param isPlain For a terminal that cannot move its cursor. */
export function createPrompt(signal: AbortSignal, output: Output, isPlain: boolean): Prompt {
  // By default Ctrl-D ends the input but not the question, and what is typed after it would be visible.
  updateSettings({ aliases: { "\u0004": "cancel" } });
  // Without a width the library would print one character a line.
  if (!process.stderr.columns) process.stderr.columns = 80;
  const streams = { input: process.stdin, output: process.stderr, signal, withGuide: false, isPlain };
  const show = (text: string) => (output.unicode ? safe(text) : toAsciiMarks(safe(text)));
  const ask = async <T>(question: () => Promise<T>) => {
    await output.settle();
    const answer = await question();
    if (isCancel(answer)) throw cancelled();
    return answer as Exclude<T, symbol>;
  };
  const wrap = (text: string, margin = 0) => wrapText(show(text), output.columns - margin).join("\n");
  const askFor = (show: Show, text: string) =>
    ask(() => askLine({ message: wrap(text), show, isHidden: show === showStars }, streams));
  const type = (message: string) => askFor(showEnd, message);
  return {
    secret: (message) => askFor(showStars, message),
    async pick(message, choices, initial) {
      const rows = choices.map(({ value, label, details = [] }) => ({
        value,
        cells: [label, ...details].map(show),
      }));
      const ellipsis = output.unicode ? "…" : "...";
      const list = { message: show(message), choices: rows, initial, ellipsis };
      return (await ask(() => (isPlain ? pickByNumber : pickFrom)(list, streams))).value;
    },
    async confirm(text) {
      if (isPlain) return /^y(es)?$/i.test(await type(`${text} [y/N]`));
      return ask(() => confirm({ ...streams, message: wrap(text, CONFIRM_MARGIN), initialValue: false }));
    },
    type,
  };
}

/** The columns that the library takes before the question. */
const CONFIRM_MARGIN = 4;

type Show = Question["show"];

const MAX_STARS = 30;

/** Their number tells a person that a paste arrived whole. */
const showStars: Show = ({ length }, columns) => {
  const stars = "*".repeat(Math.min(length, MAX_STARS, columns));
  return length <= stars.length ? stars : `(${length} characters)`.slice(0, columns);
};

const showEnd: Show = (characters, columns) => endOf(clean(characters.slice(-columns).join("")), columns);

/** For when no person can answer: every question is a usage error with the reason. */
export function refusePrompt(reason: string): Prompt {
  const refuse = (message: string) => {
    throw usageError(`cannot ask "${message}": ${reason}`);
  };
  return { secret: refuse, pick: refuse, confirm: refuse, type: refuse };
}
