import { type ArgsDef, type BooleanArgDef, type CommandDef, defineCommand, type StringArgDef } from "citty";
import type { Cli } from "../app.ts";

/** The heading under which the program's own help lists a command. The sections stand in the order of the commands. */
type Section = "Sign in" | "Contexts" | "Use" | "Server" | "Check and repair" | "As in bentoml";

export type Args = ArgsDef;

/** The value of each argument: a boolean is false and the others are undefined unless they were given. */
type Values<A extends ArgsDef> = {
  [Name in keyof A]: A[Name] extends { type: "boolean" }
    ? boolean
    : A[Name] extends { required: true }
      ? string
      : string | undefined;
};

/** Words after `--`, and every value of an option that is repeated. */
interface Given {
  /** The words after `--`, for a command that has `rest`. */
  rest: readonly string[];
  /** Every argument, for a command that has `manyArguments`. */
  words: readonly string[];
  /** Every value of an option that may be repeated. It is empty for `--yes` without a name. */
  all(option: string): string[];
}

/** What every command and group may have besides its name, and citty has no place for. */
interface Traits {
  /** For every command of the root. */
  section?: Section;
  /** Command lines, and what each does. */
  examples?: readonly Row[];
  /** Hidden words and options, each with the words that it stands for. */
  aliases?: Record<string, readonly string[]>;
}

interface CommandTraits extends Traits {
  /** What help calls the words after `--`, for a command that takes them unread. */
  rest?: string;
  /** Whether the command also runs without words after `--`. */
  isRestOptional?: true;
  /** Whether the last argument may be given any number of times. */
  manyArguments?: boolean;
  /** Whether it takes away what its argument names: a near name is no reason to offer the same command for that. */
  isRemoval?: true;
}

interface GroupTraits extends Traits {
  /** What other tools call a command, and its full name here. It is suggested, and does nothing. */
  foreignWords?: Record<string, string>;
  topics?: Topics;
}

export interface Definition<A extends ArgsDef> extends CommandTraits {
  name: string;
  description: string;
  args?: A;
  /** Resolves to the exit code when it is not 0. */
  run(args: Values<A>, cli: Cli, given: Given): Promise<number | void>;
}

interface Group extends GroupTraits {
  name: string;
  description: string;
  commands: Commands;
}

/** A command or a group as citty defines it. */
export interface Command extends CommandDef, CommandTraits, GroupTraits {
  meta: { name: string; description: string };
  args: ArgsDef;
  subCommands?: Commands;
}

/** Name to module, loaded on demand. */
export type Commands = Record<string, () => Promise<Command>>;

/** A page of help that is about no command: paragraphs, and rows under a heading. */
export interface Topic {
  description: string;
  parts: readonly (string | Rows)[];
}

interface Rows {
  heading: string;
  rows: readonly Row[];
}

export type Row = readonly [term: string, meaning: string];

export type Topics = Record<string, () => Promise<Topic>>;

/** What the harness passes to a command as citty's `data`. */
export interface CommandData {
  cli: Cli;
  given: Given;
}

/** An option without a value. */
export function flag(description: string, alias?: string): BooleanArgDef & { type: "boolean" } {
  return { type: "boolean", description, ...(alias && { alias }) };
}

/** An option whose value may be left out: `--yes` or `--yes=NAME`. */
export function flagOrOption(valueHint: string, description: string): BooleanArgDef & { type: "boolean" } {
  return { type: "boolean", valueHint, description };
}

/** An option with a value, which help calls `valueHint`. */
export function option(
  valueHint: string,
  description: string,
  alias?: string,
): StringArgDef & { type: "string" } {
  return { type: "string", valueHint, description, ...(alias && { alias }) };
}

export function command<const A extends ArgsDef = Record<never, never>>(definition: Definition<A>): Command {
  const { name, description, args, run, ...more } = definition;
  return defineCommand({
    ...more,
    meta: { name, description },
    args: args ?? {},
    aliases: withoutPrototype(more.aliases),
    run(context) {
      const { cli, given } = context.data as CommandData;
      return run(context.args as unknown as Values<A>, cli, given);
    },
  } as CommandDef) as Command;
}

/** A command that only holds others. */
export function group(definition: Group): Command {
  const { name, description, commands, ...more } = definition;
  return defineCommand({
    ...more,
    meta: { name, description },
    args: {},
    aliases: withoutPrototype(more.aliases),
    foreignWords: withoutPrototype(more.foreignWords),
    topics: withoutPrototype(more.topics),
    subCommands: withoutPrototype(commands),
  } as CommandDef) as Command;
}

/** Without a prototype, so that `bentocloud constructor` is unknown. */
function withoutPrototype<T extends object>(names: T | undefined): T {
  return Object.assign(Object.create(null) as T, names);
}
