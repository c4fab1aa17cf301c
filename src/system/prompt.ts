import { confirm, isCancel, password, select, text, updateSettings } from "@clack/prompts";
import { CliError, usageError } from "../errors.ts";
import { clean } from "./text.ts";

/**
 * Questions on stderr, so that `$(bentocloud …)` still works while someone answers. Each refuses when nobody can
 * answer, and a cancelled question is an error, never an answer.
 */
export interface Prompt {
  /** Hidden input. */
  secret(message: string): Promise<string>;
  pick<T extends string>(message: string, choices: readonly Choice<T>[], initial?: T): Promise<T>;
  confirm(message: string): Promise<boolean>;
  /** A line that is typed, as it was. */
  type(message: string): Promise<string>;
}

interface Choice<T extends string> {
  value: T;
  label: string;
  hint?: string;
}

/** `settle` resolves when all that was said before a question is on the screen. */
export function createPrompt(signal: AbortSignal, settle: () => Promise<void>): Prompt {
  // Unless it cancels, Ctrl-D ends the hidden input but not the question: what is pasted then shows on the screen.
  updateSettings({ aliases: { "\u0004": "cancel" } });
  // A terminal that does not tell its width would get a letter a line.
  if (!process.stderr.columns) process.stderr.columns = 80;
  const streams = { input: process.stdin, output: process.stderr, signal, withGuide: false };
  return {
    async secret(message) {
      await settle();
      return answered(await password({ ...streams, message: clean(message), clearOnError: true }));
    },
    async pick(message, choices, initial) {
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
      return answered(picked) as (typeof choices)[number]["value"];
    },
    async confirm(message) {
      await settle();
      return answered(await confirm({ ...streams, message: clean(message), initialValue: false }));
    },
    async type(message) {
      await settle();
      // Nothing typed is `undefined` to the library.
      return answered(await text({ ...streams, message: clean(message) })) ?? "";
    },
  };
}

/** Stands in where no person can answer: every question is a usage error that says what to pass instead. */
export function refusePrompt(reason: string): Prompt {
  const refuse = (message: string) => {
    throw usageError(`cannot ask "${message}": ${reason}`);
  };
  return { secret: refuse, pick: refuse, confirm: refuse, type: refuse };
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new CliError("CANCELLED", "cancelled; nothing was changed");
  return answer as Exclude<T, symbol>;
}
