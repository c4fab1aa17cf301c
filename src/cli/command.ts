import type { ArgsDef, CommandDef, ParsedArgs } from "citty";
import type { Cli } from "../app.ts";

/** One command line with what it does, shown under EXAMPLES in a command's help. */
type Example = readonly [commandLine: string, effect: string];

/** What was written, beyond what citty's definitions can hold. */
interface Given {
  /** The words behind `--`, for a command that has `rest`. */
  rest: readonly string[];
  /** Every value of an option, in the order they were given; citty keeps the last. */
  all(option: string): string[];
}

interface Definition<A extends ArgsDef> {
  name: string;
  description: string;
  args?: A;
  /** What to call the words behind `--`, for a command that takes them as they are. */
  rest?: string;
  examples?: readonly Example[];
  /** Resolves to the exit code when it is not 0. */
  run(args: ParsedArgs<A>, cli: Cli, given: Given): Promise<number | void>;
}

/** A command of the tree; its siblings are read only when they are asked for, or for help. */
export interface Command extends Omit<CommandDef<ArgsDef>, "subCommands"> {
  examples?: readonly Example[];
  rest?: string;
  subCommands?: Commands;
}

/** Name to lazy module. Built with a null prototype, so that `bentocloud constructor` is no command. */
export type Commands = Record<string, () => Promise<Command>>;

/** Binds a typed `run(args, cli)` to citty's definition; the harness hands the `Cli` over as citty's `data`. */
export function command<const A extends ArgsDef = Record<never, never>>(definition: Definition<A>): Command {
  const { name, description, args, examples, rest, run } = definition;
  return {
    meta: { name, description },
    args: args ?? {},
    run(context) {
      const { cli, given } = context.data as { cli: Cli; given: Given };
      // A plain copy: what citty hands over looks for three spellings of each option that was not given.
      return run({ ...context.args } as ParsedArgs<A>, cli, given);
    },
    ...(examples && { examples }),
    ...(rest !== undefined && { rest }),
  };
}

/** A command that only holds others. */
export function group(definition: { name: string; description: string; commands: Commands }): Command {
  return {
    meta: { name: definition.name, description: definition.description },
    subCommands: Object.assign(Object.create(null), definition.commands),
  };
}

/** Empty when there is none. */
export function descriptionOf({ meta }: Command): string {
  return typeof meta === "object" && "description" in meta ? (meta.description ?? "") : "";
}
