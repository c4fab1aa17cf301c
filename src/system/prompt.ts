import { confirm, isCancel, password, select, text, updateSettings } from "@clack/prompts";
import { cancelled, usageError } from "../errors.ts";
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
  // By default Ctrl-D ends the hidden input but not the question, and a token pasted after it would be visible.
  updateSettings({ aliases: { "\u0004": "cancel" } });
  // Without a width the library would print one character a line.
  if (!process.stderr.columns) process.stderr.columns = 80;
  const streams = { input: process.stdin, output: process.stderr, signal, withGuide: false };
  return {
    async secret(message) {
      await settle();
      return answered(await password({ ...streams, message: clean(message), clearOnError: true }));
    },
    async pick<T extends string>(message: string, choices: readonly Choice<T>[], initial?: T) {
      await settle();
      const options = choices.map(({ value, label, hint }) => ({
        value: value as string,
        label: clean(label),
        ...(hint === undefined ? {} : { hint: clean(hint) }),
      }));
      const picked = await select<string>({
        ...streams,
        message: clean(message),
        options,
        maxItems: 12,
        showInstructions: false,
        ...(initial === undefined ? {} : { initialValue: initial }),
      });
      return answered(picked) as T;
    },
    async confirm(message) {
      await settle();
      return answered(await confirm({ ...streams, message: clean(message), initialValue: false }));
    },
    async type(message) {
      await settle();
      // The library answers `undefined` when nothing was typed.
      return answered(await text({ ...streams, message: clean(message) })) ?? "";
    },
  };
}

/** For when no person can answer: every question is a usage error with the reason. */
export function refusePrompt(reason: string): Prompt {
  const refuse = (message: string) => {
    throw usageError(`cannot ask "${message}": ${reason}`);
  };
  return { secret: refuse, pick: refuse, confirm: refuse, type: refuse };
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw cancelled();
  return answer as Exclude<T, symbol>;
}
