import type { ArgDef, ArgsDef } from "citty";
import { GLOBAL_ARGS, isOption, type Option, readOption } from "../args.ts";
import { type Command, descriptionOf } from "../command.ts";

/** One way to go on. */
export interface Completion {
  value: string;
  description: string;
}

/** What may stand at the cursor; `files` and `rest` (a command line of its own) are for the shell to complete. */
export type Completions = Completion[] | "files" | "rest";

export interface Cursor {
  /** The words before the one at the cursor, without the program's name. */
  words: readonly string[];
  /** As much of the word at the cursor as stands before it. */
  current: string;
}

/**
 * What the definitions allow at the cursor. Which of the answers begin with what is written is the shell's to decide,
 * because each has rules of its own for that.
 */
export async function complete(
  root: Command,
  { words, current }: Cursor,
  contexts: () => Promise<string[]>,
): Promise<Completions> {
  const place = await findPlace(root, [...words, current]);
  if (!place) return [];
  const { command, pending, isLiteral, positionals } = place;
  const args = (command.args ?? {}) as ArgsDef;
  if (pending) return valuesOf(pending, contexts, isWord);
  if (!isLiteral && current.startsWith("-"))
    return completeOption({ ...args, ...GLOBAL_ARGS }, current, contexts);
  if (isLiteral && command.rest !== undefined) return "rest";
  if (command.subCommands) return isLiteral ? [] : describeCommands(command.subCommands);
  const [name, positional] =
    Object.entries(args).filter(([, arg]) => arg.type === "positional")[positionals] ?? [];
  if (name === undefined || !positional) return [];
  return valuesOf([name, positional], contexts, isLiteral ? () => true : isWord);
}

interface Place {
  command: Command;
  /** The option that the word at the cursor is the value of. */
  pending: Named | undefined;
  /** Whether `--` came before. */
  isLiteral: boolean;
  /** How many of them came before. */
  positionals: number;
}

type Named = [name: string, arg: ArgDef];

/** Follows the words as the program itself reads them; undefined when one names no command. */
async function findPlace(root: Command, words: readonly string[]): Promise<Place | undefined> {
  const last = words.length - 1;
  const dashes = words.indexOf("--");
  const isLiteral = dashes !== -1 && dashes < last;
  const end = isLiteral ? dashes : last;
  const place: Place = {
    command: root,
    pending: undefined,
    isLiteral,
    positionals: isLiteral ? last - dashes - 1 : 0,
  };
  for (let index = 0; index < end;) {
    const word = words[index] ?? "";
    if (isOption(word)) {
      const definitions: ArgsDef = { ...GLOBAL_ARGS, ...(place.command.args as ArgsDef | undefined) };
      const read = tryOption(words, index, definitions);
      index = read?.next ?? index + 1;
      if (read && index > last) place.pending = [read.option.name, definitions[read.option.name] ?? {}];
      continue;
    }
    if (place.command.subCommands) {
      const load = place.command.subCommands[word];
      if (load) place.command = await load();
      else if (word !== "help" || place.command !== root) return undefined;
    } else place.positionals += 1;
    index += 1;
  }
  return place;
}

/** Undefined for an option that nobody defines, or that lacks its value. */
function tryOption(
  words: readonly string[],
  index: number,
  definitions: ArgsDef,
): { option: Option; next: number } | undefined {
  try {
    return readOption(words, index, definitions);
  } catch {
    return undefined;
  }
}

async function completeOption(
  definitions: ArgsDef,
  current: string,
  contexts: () => Promise<string[]>,
): Promise<Completions> {
  const at = current.indexOf("=");
  if (at === -1)
    return Object.entries(definitions).flatMap(([name, arg]) =>
      arg.type === "positional" ? [] : [{ value: `--${name}`, description: arg.description ?? "" }],
    );
  const name = current.slice(2, at);
  const arg = definitions[name];
  if (!current.startsWith("--") || !arg || arg.type === "positional") return [];
  const values = await valuesOf([name, arg], contexts, () => true);
  if (typeof values === "string") return values;
  return values.map((one) => ({ ...one, value: `--${name}=${one.value}` }));
}

async function describeCommands(commands: NonNullable<Command["subCommands"]>): Promise<Completion[]> {
  return Promise.all(
    Object.entries(commands).map(async ([value, load]) => ({
      value,
      description: descriptionOf(await load()),
    })),
  );
}

/** A definition says what its value is by its choices, or by its hint. */
async function valuesOf(
  [name, arg]: Named,
  contexts: () => Promise<string[]>,
  isPossible: (value: string) => boolean,
): Promise<Completions> {
  if (arg.valueHint === "file") return "files";
  if (arg.type === "enum") return (arg.options ?? []).map((value) => ({ value, description: "" }));
  if (name !== "context" && arg.valueHint !== "context") return [];
  return (await contexts()).filter(isPossible).map((value) => ({ value, description: "" }));
}

/** Whether it can stand alone: what begins with a dash would be read as an option. */
function isWord(value: string): boolean {
  return value === "-" || !value.startsWith("-");
}
