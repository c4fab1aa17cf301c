import type { ArgsDef, ParsedArgs } from "citty";
import type { Cli } from "../app.ts";
import { usageError } from "../errors.ts";
import { counted } from "../system/text.ts";
import { checkChoice, checkValue, GLOBAL_ARGS, isOption, readFlags, readOption } from "./args.ts";
import type { Command, CommandData } from "./command.ts";
import type { Found, Invocation } from "./invocation.ts";

/**
 * From argv to one command and the values of its arguments. This is the only parser of argv, on every runtime. citty's
 * own is not used: it ignores options that are not defined, reads `--help` after `--`, takes `--no-x` for the negation
 * of `x`, prints usage on stdout, and exits 1 for every error.
 *
 * @throws CliError `USAGE` for every word that no definition allows.
 */
export async function parseInvocation(root: Command, argv: readonly string[]): Promise<Invocation> {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  const behind = end === -1 ? [] : argv.slice(end + 1);
  const lenient = words.includes("--help") || words.includes("-h");
  const found = await findCommand(root, words, { lenient, behind });
  const { command, path, options, topic } = found;
  const isRest = command.rest !== undefined;
  const positionals = isRest ? found.positionals : [...found.positionals, ...behind];
  const flags = readFlags(options);
  const invocation = { command, path, flags, options, positionals, topic, rest: isRest ? behind : [] };
  const isBare = command === root && positionals.length === 0;
  const wantsVersion = options.some(({ name }) => name === "version");
  if (found.lenient || (isBare && !wantsVersion)) return { ...invocation, request: "help" };
  if (wantsVersion) return { ...invocation, request: "version" };
  if (command.subCommands) {
    const names = Object.keys(command.subCommands).join(", ");
    throw usageError(`\`${path.join(" ")}\` needs a command: ${names}`, `see \`${path.join(" ")} --help\``);
  }
  await checkPositionals(invocation);
  return { ...invocation, request: "run" };
}

/** Runs the command as citty would; resolves to its exit code. */
export async function runInvocation(invocation: Invocation, cli: Cli): Promise<number> {
  const { command, options, rest } = invocation;
  const all = (option: string) =>
    options.flatMap(({ name, value }) => (name === option ? (value ?? "") : []));
  const data: CommandData = { cli, given: { rest, words: invocation.positionals, all } };
  const result: unknown = await command.run?.({
    rawArgs: [],
    args: readValues(invocation),
    cmd: command,
    data,
  });
  return typeof result === "number" ? result : 0;
}

function readValues({ command, options, positionals }: Invocation): ParsedArgs {
  const left = [...positionals];
  const values: Record<string, unknown> = { _: positionals };
  for (const [name, { type }] of Object.entries(command.args)) {
    const last = options.findLast((option) => option.name === name);
    values[name] =
      type === "positional" ? left.shift() : type === "boolean" ? last !== undefined : last?.value;
  }
  return values as ParsedArgs;
}

/**
 * Follows the words before `--` down the tree of commands. For help and for completion it is `lenient`: options that
 * are wrong or unknown are skipped.
 *
 * @param behind The words after `--`, for the hint of an error.
 * @throws CliError `USAGE`
 */
export async function findCommand(
  root: Command,
  given: readonly string[],
  { lenient = false, behind = [] }: { lenient?: boolean; behind?: readonly string[] },
): Promise<Found> {
  const words = [...given];
  const found: Found = {
    command: root,
    path: ["bentocloud"],
    options: [],
    positionals: [],
    pending: undefined,
    lenient,
    isHelp: false,
    topic: undefined,
  };
  for (let index = 0; index < words.length;) {
    const word = words[index] ?? "";
    const { command } = found;
    const alias = command.aliases?.[word];
    if (alias) {
      words.splice(index, 1, ...alias);
      continue;
    }
    if (isOption(word)) {
      index = await takeOption(found, words, index);
      continue;
    }
    if (word === "help" && command === root) found.lenient = found.isHelp = true;
    else if (found.isHelp && command.topics?.[word]) found.topic = word;
    else if (command.subCommands) {
      const load = command.subCommands[word];
      if (!load) throw (await import("./suggest.ts")).unknownCommand(word, found);
      found.command = await load();
      found.path.push(word);
    } else if (command.rest !== undefined && !command.isRestOptional && !found.lenient)
      throw (await import("./suggest.ts")).misplacedWord(word, found, behind);
    else found.positionals.push(word);
    index += 1;
  }
  return found;
}

async function takeOption(found: Found, words: readonly string[], index: number): Promise<number> {
  const definitions: ArgsDef = { ...found.command.args, ...GLOBAL_ARGS };
  const read = readOption(words, index, definitions);
  if (read) {
    const { option, next } = read;
    if (!found.lenient) await checkValue(option, definitions, found.path.join(" "));
    const isMissing = option.value === undefined && definitions[option.name]?.type !== "boolean";
    if (isMissing && next === words.length) found.pending = option.name;
    found.options.push(option);
    return next;
  }
  if (found.lenient) return index + 1;
  const { unknownOption } = await import("./suggest.ts");
  throw unknownOption(words[index] ?? "", found.path.join(" "), definitions);
}

async function checkPositionals({
  command,
  path,
  positionals,
  flags,
}: Omit<Invocation, "request">): Promise<void> {
  const taken = Object.entries(command.args).filter(([, arg]) => arg.type === "positional");
  const name = path.join(" ");
  const missing = taken.slice(positionals.length).find(([, arg]) => arg.required);
  if (missing) throw usageError(`\`${name}\` needs <${missing[0]}>`, `see \`${name} --help\``);
  // The argument is not repeated: it may be a token that was pasted without its option.
  if (positionals.length > taken.length && !command.manyArguments)
    throw taken.length === 0
      ? usageError(`\`${name}\` takes no argument`, `--context NAME names a context; see \`${name} --help\``)
      : usageError(
          `\`${name}\` takes at most ${counted(taken.length, "argument")}`,
          `see \`${name} --help\``,
        );
  for (const [index, [term, arg]] of taken.entries()) {
    const value = positionals[index];
    await checkChoice(value, arg, `<${term}>`, name);
    const isOther = value !== undefined && flags.context !== undefined && flags.context !== value;
    if (arg.valueHint === "context" && isOther)
      throw usageError(`--context and <${term}> name two contexts`, "name the context once");
  }
}
