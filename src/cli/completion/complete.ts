import type { ArgDef, ArgsDef } from "citty";
import { choicesOf, GLOBAL_ARGS } from "../args.ts";
import { mark } from "../../system/text.ts";
import type { Command, Commands, Topics } from "../command.ts";
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

/** The values for a `valueHint`; `context` is the value of `--context` on the line. */
export type ListValues = (kind: string, context: string | undefined) => Promise<Completion[]>;

type List = (name: string | undefined, arg: ArgDef | undefined) => Promise<Completions>;

/**
 * Everything that the definitions allow at the cursor. The shell picks those that begin with what is typed, because
 * each shell has its own rules for that.
 */
export async function complete(
  root: Command,
  { words, current }: Cursor,
  listValues: ListValues,
): Promise<Completions> {
  const dashes = words.indexOf("--");
  const isLiteral = dashes !== -1;
  const before = isLiteral ? words.slice(0, dashes) : words;
  const found = await findCommand(root, before, { lenient: true }).catch(() => undefined);
  if (!found || found.topic !== undefined) return [];
  const { command, pending } = found;
  const context = found.options.findLast(({ name }) => name === "context")?.value;
  const list: List = (name, arg) => listFor(name, arg, (kind) => listValues(kind, context));
  const options: ArgsDef = { ...command.args, ...GLOBAL_ARGS };
  const isOption = current.startsWith("-") && !(pending && current === "-");
  if (!isLiteral && isOption) return completeOption(options, current, list);
  if (!isLiteral && pending) return withoutDashed(await list(pending, options[pending]));
  if (isLiteral && command.rest !== undefined) return "rest";
  if (command.subCommands)
    return isLiteral ? [] : describeAll(command.subCommands, found.isHelp ? command.topics : undefined);
  const positionals = Object.entries(command.args).filter(([, { type }]) => type === "positional");
  const taken = found.positionals.length + (isLiteral ? words.length - dashes - 1 : 0);
  const [name, arg] = positionals[taken] ?? [];
  const values = await list(name, arg);
  return isLiteral ? values : withoutDashed(values);
}

async function completeOption(options: ArgsDef, current: string, list: List): Promise<Completions> {
  const named = Object.entries(options).filter(([, { type }]) => type !== "positional");
  const at = current.indexOf("=");
  if (at === -1)
    return named.map(([name, arg]) => ({ value: `--${name}`, description: arg.description ?? "" }));
  const [name, arg] = named.find(([one]) => current.slice(0, at) === `--${one}`) ?? [];
  const values = await list(name, arg);
  if (typeof values === "string") return values;
  return values.map((one) => ({ ...one, value: `--${name}=${one.value}` }));
}

async function describeAll(commands: Commands, topics: Topics = {}): Promise<Completion[]> {
  const pages = [...Object.entries(commands), ...Object.entries(topics)].map(async ([value, load]) => {
    const page = await load();
    return { value, description: "meta" in page ? page.meta.description : page.description };
  });
  return Promise.all(pages);
}

/** The choices of an argument, or whatever its `valueHint` names, without a name that could drive a terminal. */
async function listFor(
  name: string | undefined,
  arg: ArgDef | undefined,
  listValues: (kind: string) => Promise<Completion[]>,
): Promise<Completions> {
  if (arg?.valueHint === "file") return "files";
  const choices = choicesOf(arg);
  if (choices) return choices.map((value) => ({ value, description: "" }));
  const kind = name === "context" ? "context" : arg?.valueHint;
  const values = kind === undefined ? [] : await listValues(kind).catch(() => []);
  const isShown = ({ value }: Completion) => value !== "" && mark(value) === value;
  return [...new Map(values.filter(isShown).map((one) => [one.value, one])).values()];
}

/** What begins with a dash would be read as an option. */
function withoutDashed(values: Completions): Completions {
  if (typeof values === "string") return values;
  return values.filter(({ value }) => value === "-" || !value.startsWith("-"));
}
