import type { ArgsDef, CommandDef, ParsedArgs } from "citty";
import type { Cli } from "../system/cli.ts";

/** One command line with what it does, shown under EXAMPLES in a command's help. */
type Example = readonly [commandLine: string, effect: string];

interface Definition<A extends ArgsDef> {
  name: string;
  description: string;
  args?: A;
  examples?: readonly Example[];
  /** Resolves to the exit code when it is not 0. */
  run(args: ParsedArgs<A>, cli: Cli): Promise<number | void>;
}

/** A command of the tree; its siblings are read only when they are asked for, or for help. */
export interface Command extends Omit<CommandDef<ArgsDef>, "subCommands"> {
  examples?: readonly Example[];
  subCommands?: Commands;
}

/** Name to lazy module. Built with a null prototype, so that `bentocloud constructor` is no command. */
export type Commands = Record<string, () => Promise<Command>>;

/** Binds a typed `run(args, cli)` to citty's definition; the harness hands the `Cli` over as citty's `data`. */
export function command<const A extends ArgsDef = Record<never, never>>(definition: Definition<A>): Command {
  const { name, description, args, examples, run } = definition;
  return {
    meta: { name, description },
    args: args ?? {},
    run: (context) => run(context.args as ParsedArgs<A>, context.data as Cli),
    ...(examples && { examples }),
  };
}

/** A command that only holds others. */
export function group(definition: { name: string; description: string; commands: Commands }): Command {
  return {
    meta: { name: definition.name, description: definition.description },
    subCommands: Object.assign(Object.create(null), definition.commands),
  };
}
