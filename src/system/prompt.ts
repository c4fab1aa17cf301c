import { confirm, isCancel, select, updateSettings } from "@clack/prompts";
import { cancelled, usageError } from "../errors.ts";
import { askLine, type Question } from "./line-input.ts";
import { safe } from "./redact.ts";
import { clean } from "./text.ts";

/**
 * Questions on stderr, so that `$(bentocloud …)` works while someone answers. A question that nobody can answer is a
 * usage error, and a cancelled one is an error too, never an answer.
 */
export interface Prompt {
  /** Hidden input. */
  secret(message: string): Promise<string>;
  pick<T extends string>(message: string, choices: readonly Choice<T>[], initial?: T): Promise<T>;
  confirm(message: string): Promise<boolean>;
  /** One visible line. */
  type(message: string): Promise<string>;
}

interface Choice<T extends string> {
  value: T;
  label: string;
  hint?: string;
}

/** `settle` resolves when every message before the question is on the screen. */
export function createPrompt(signal: AbortSignal, settle: () => Promise<void>): Prompt {
  // By default Ctrl-D ends the input but not the question, and what is typed after it would be visible.
  updateSettings({ aliases: { "\u0004": "cancel" } });
  // Without a width the library would print one character a line.
  if (!process.stderr.columns) process.stderr.columns = 80;
  const streams = { input: process.stdin, output: process.stderr, signal, withGuide: false };
  const ask = async <T>(question: () => Promise<T>) => {
    await settle();
    const answer = await question();
    if (isCancel(answer)) throw cancelled();
    return answer as Exclude<T, symbol>;
  };
  const askFor = (show: Show, message: string) =>
    ask(() => askLine({ message: safe(message), show }, streams));
  return {
    secret: (message) => askFor(showStars, message),
    async pick<T extends string>(message: string, choices: readonly Choice<T>[], initial?: T) {
      const options = choices.map(({ value, label, hint }) => ({
        value: value as string,
        label: safe(label),
        ...(hint === undefined ? {} : { hint: safe(hint) }),
      }));
      const list = { options, maxItems: 12, showInstructions: false };
      const start = initial === undefined ? {} : { initialValue: initial as string };
      return (await ask(() => select({ ...streams, ...list, ...start, message: safe(message) }))) as T;
    },
    confirm: (message) => ask(() => confirm({ ...streams, message: safe(message), initialValue: false })),
    type: (message) => askFor(showEnd, message),
  };
}

type Show = Question["show"];

const MAX_STARS = 30;

/** Their number tells a person that a paste arrived whole. */
const showStars: Show = ({ length }, columns) => {
  const stars = "*".repeat(Math.min(length, MAX_STARS, columns));
  return length <= stars.length ? stars : `(${length} characters)`.slice(0, columns);
};

const showEnd: Show = (characters, columns) => clean(characters.slice(-columns).join(""));

/** For when no person can answer: every question is a usage error with the reason. */
export function refusePrompt(reason: string): Prompt {
  const refuse = (message: string) => {
    throw usageError(`cannot ask "${message}": ${reason}`);
  };
  return { secret: refuse, pick: refuse, confirm: refuse, type: refuse };
}
