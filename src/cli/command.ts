import { type ArgsDef, type BooleanArgDef, type CommandDef, defineCommand, type StringArgDef } from "citty";
import type { Cli } from "../app.ts";

/** A command line and what it does, for the examples in a command's help. */
type Example = readonly [commandLine: string, effect: string];

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
  /** Every value of an option that may be repeated. */
  all(option: string): string[];
}

interface Definition<A extends ArgsDef> {
  name: string;
  description: string;
  args?: A;
  /** What help calls the words after `--`, for a command that takes them unread. */
  rest?: string;
  examples?: readonly Example[];
  /** Resolves to the exit code when it is not 0. */
  run(args: Values<A>, cli: Cli, given: Given): Promise<number | void>;
}

/** A command as citty defines it, and what citty has no place for. */
export interface Command extends CommandDef {
  meta: { name: string; description: string };
  args: ArgsDef;
  subCommands?: Commands;
  rest?: string;
  examples?: readonly Example[];
}

/** Name to module, loaded on demand. It has no prototype, so that `bentocloud constructor` is unknown. */
export type Commands = Record<string, () => Promise<Command>>;

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
    run(context) {
      const { cli, given } = context.data as CommandData;
      return run(context.args as unknown as Values<A>, cli, given);
    },
  }) as Command;
}

/** A command that only holds others. */
export function group({
  commands,
  ...meta
}: {
  name: string;
  description: string;
  commands: Commands;
}): Command {
  const subCommands: Commands = Object.assign(Object.create(null), commands);
  return defineCommand({ meta, args: {}, subCommands }) as Command;
}
