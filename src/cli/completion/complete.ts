import type { ArgDef, ArgsDef } from "citty";
import { GLOBAL_ARGS } from "../args.ts";
import type { Command, Commands } from "../command.ts";
import { findCommand } from "../parse-argv.ts";

export interface Completion {
  value: string;
  description: string;
}

/** What may stand at the cursor. The shell itself completes `files`, and `rest`, another program's command line. */
export type Completions = Completion[] | "files" | "rest";

export interface Cursor {
  /** The words before the one at the cursor, without the program's name. */
  words: readonly string[];
  /** The part of the word at the cursor that stands before it. */
  current: string;
}

type ListNames = () => Promise<string[]>;

/**
 * Everything that the definitions allow at the cursor. The shell picks those that begin with what is typed, because
 * each shell has its own rules for that.
 */
export async function complete(
  root: Command,
  { words, current }: Cursor,
  listContexts: ListNames,
): Promise<Completions> {
  const dashes = words.indexOf("--");
  const isLiteral = dashes !== -1;
  const before = isLiteral ? words.slice(0, dashes) : words;
  const found = await findCommand(root, before, { lenient: true }).catch(() => undefined);
  if (!found) return [];
  const { command, pending } = found;
  const options: ArgsDef = { ...command.args, ...GLOBAL_ARGS };
  const isOption = current.startsWith("-") && !(pending && current === "-");
  if (!isLiteral && isOption) return completeOption(options, current, listContexts);
  if (!isLiteral && pending) return withoutDashed(await listValues(pending, options[pending], listContexts));
  if (isLiteral && command.rest !== undefined) return "rest";
  if (command.subCommands) return isLiteral ? [] : describeCommands(command.subCommands);
  const positionals = Object.entries(command.args).filter(([, { type }]) => type === "positional");
  const taken = found.positionals.length + (isLiteral ? words.length - dashes - 1 : 0);
  const [name, arg] = positionals[taken] ?? [];
  const values = await listValues(name, arg, listContexts);
  return isLiteral ? values : withoutDashed(values);
}

async function completeOption(
  options: ArgsDef,
  current: string,
  listContexts: ListNames,
): Promise<Completions> {
  const named = Object.entries(options).filter(([, { type }]) => type !== "positional");
  const at = current.indexOf("=");
  if (at === -1)
    return named.map(([name, arg]) => ({ value: `--${name}`, description: arg.description ?? "" }));
  const [name, arg] = named.find(([one]) => current.slice(0, at) === `--${one}`) ?? [];
  const values = await listValues(name, arg, listContexts);
  if (typeof values === "string") return values;
  return values.map((one) => ({ ...one, value: `--${name}=${one.value}` }));
}

function describeCommands(commands: Commands): Promise<Completion[]> {
  const describe = async ([value, load]: [string, Commands[string]]) => ({
    value,
    description: (await load()).meta.description,
  });
  return Promise.all(Object.entries(commands).map(describe));
}

/** The choices of an argument, or whatever its `valueHint` names. */
async function listValues(
  name: string | undefined,
  arg: ArgDef | undefined,
  listContexts: ListNames,
): Promise<Completions> {
  if (arg?.valueHint === "file") return "files";
  const isContext = name === "context" || arg?.valueHint === "context";
  const values = arg?.type === "enum" ? (arg.options ?? []) : isContext ? await listContexts() : [];
  return values.map((value) => ({ value, description: "" }));
}

/** What begins with a dash would be read as an option. */
function withoutDashed(values: Completions): Completions {
  if (typeof values === "string") return values;
  return values.filter(({ value }) => value === "-" || !value.startsWith("-"));
}
