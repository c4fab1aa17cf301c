import { type ArgsDef, runCommand } from "citty";
import { type CliError, usageError } from "../errors.ts";
import type { Cli, Flags } from "../app.ts";
import {
  GLOBAL_ARGS,
  isOption,
  type Option,
  readFlags,
  readOption,
  refuseWrongChoice,
  toCittyArgs,
  unknownOption,
} from "./args.ts";
import type { Command } from "./command.ts";

/**
 * From words to one leaf command. citty's own runner is not used: it runs the parents too, takes any option
 * silently, reads `--help` behind `--`, prints usage to stdout on errors and ends everything with exit 1.
 */
export interface Invocation {
  command: Command;
  /** The full name, for example `["bentocloud", "context", "list"]`. */
  path: string[];
  flags: Flags;
  request: "run" | "help" | "version";
  options: Option[];
  positionals: string[];
  /** The words behind `--` of a command that takes them as they are. */
  rest: string[];
}

/** Finds the command that `argv` names and reads every option; throws a usage error for what is not defined. */
export async function parseInvocation(root: Command, argv: readonly string[]): Promise<Invocation> {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  const found = await walk(root, words);
  const behind = end === -1 ? [] : argv.slice(end + 1);
  if (found.command.rest === undefined) found.positionals.push(...behind);
  else found.rest.push(...behind);
  const flags = readFlags(found.globals);
  if (found.wantsHelp) return { ...found, flags, request: "help" };
  if (found.globals.some(({ name }) => name === "version")) return { ...found, flags, request: "version" };
  if (found.command.subCommands) {
    const isBare = found.path.length === 1 && found.positionals.length === 0;
    if (isBare) return { ...found, flags, request: "help" };
    const names = Object.keys(found.command.subCommands).join(", ");
    throw usageError(
      `\`${found.path.join(" ")}\` needs a command: ${names}`,
      `see \`${found.path.join(" ")} --help\``,
    );
  }
  return { ...found, flags, request: "run" };
}

/** Runs the leaf; resolves to its exit code. */
export async function runInvocation(invocation: Invocation, cli: Cli): Promise<number> {
  const { command, path, options, positionals, rest } = invocation;
  refuseWrongPositionals(command, path, positionals);
  try {
    // Who gave nothing needs nothing read, and citty takes its time to prepare for all that could be given.
    const isBare = options.length === 0 && positionals.length === 0;
    const rawArgs = toCittyArgs(options, positionals);
    const data = { cli, given: { rest, all: (name: string) => valuesOf(options, name) } };
    const { result } = await runCommand(isBare ? { ...command, args: {} } : command, { rawArgs, data });
    return typeof result === "number" ? result : 0;
  } catch (error) {
    // citty does not export its error class; its name is all there is to know it by.
    if (error instanceof Error && error.name === "CLIError") {
      throw usageError(lowerFirst(error.message), `see \`${path.join(" ")} --help\``);
    }
    throw error;
  }
}

function valuesOf(options: readonly Option[], name: string): string[] {
  return options.flatMap((option) =>
    option.name === name && typeof option.value === "string" ? [option.value] : [],
  );
}

interface Found {
  command: Command;
  path: string[];
  globals: Option[];
  options: Option[];
  positionals: string[];
  rest: string[];
  wantsHelp: boolean;
}

async function walk(root: Command, words: readonly string[]): Promise<Found> {
  const found: Found = {
    command: root,
    path: ["bentocloud"],
    globals: [],
    options: [],
    positionals: [],
    rest: [],
    wantsHelp: words.some((word) => word === "--help" || word === "-h"),
  };
  let index = 0;
  while (index < words.length) {
    const word = words[index] ?? "";
    if (isOption(word)) {
      index = await takeOption(found, words, index);
      continue;
    }
    if (word === "help" && found.command === root) found.wantsHelp = true;
    else if (found.command.subCommands) await descend(found, word);
    else if (found.command.rest !== undefined && !found.wantsHelp) throw forgottenDashes(found);
    else found.positionals.push(word);
    index += 1;
  }
  return found;
}

/** Read on, the options of a program would be taken for ours. */
function forgottenDashes({ command, path }: Found): CliError {
  const name = path.join(" ");
  return usageError(
    `\`${name}\` takes its ${command.rest} behind \`--\``,
    `${name} -- ${command.rest?.toUpperCase()}…`,
  );
}

/** Lenient when help is wanted: who asks for it may have come with options that do not exist. */
async function takeOption(found: Found, words: readonly string[], index: number): Promise<number> {
  const own = (found.command.args ?? {}) as ArgsDef;
  try {
    const global = readOption(words, index, GLOBAL_ARGS);
    if (global) {
      found.globals.push(global.option);
      return global.next;
    }
    const local = readOption(words, index, own);
    if (local) {
      refuseWrongChoice(local.option, own);
      found.options.push(local.option);
      return local.next;
    }
  } catch (error) {
    if (!found.wantsHelp) throw error;
    return index + 1;
  }
  if (found.wantsHelp) return index + 1;
  throw await unknownOption(words[index] ?? "", found.path.join(" "), own);
}

async function descend(found: Found, word: string): Promise<void> {
  const commands = found.command.subCommands ?? {};
  const load = commands[word];
  if (!load) {
    const { closest } = await import("./suggest.ts");
    const near = closest(word, Object.keys(commands));
    const path = found.path.join(" ");
    // A word that does not look like a command may be a pasted token, and is not repeated.
    const shown = /^(?=.{1,24}$)[a-z]{1,15}(?:-[a-z]{0,15})*$/i.test(word) ? ` \`${path} ${word}\`` : "";
    throw usageError(
      `unknown command${shown}`,
      near ? `did you mean \`${path} ${near}\`?` : `\`${path} --help\` lists the commands`,
    );
  }
  found.command = await load();
  found.path.push(word);
}

function refuseWrongPositionals(
  command: Command,
  path: readonly string[],
  positionals: readonly string[],
): void {
  const taken = Object.entries((command.args ?? {}) as ArgsDef).filter(
    ([, arg]) => arg.type === "positional",
  );
  const hint = `see \`${path.join(" ")} --help\``;
  const missing = taken.slice(positionals.length).find(([, arg]) => arg.required !== false);
  if (missing) throw usageError(`\`${path.join(" ")}\` needs <${missing[0]}>`, hint);
  if (positionals.length <= taken.length) return;
  // The argument is not repeated: it may be a token that was pasted without its option.
  const count = taken.length === 1 ? "1 argument" : `${taken.length} arguments`;
  throw usageError(
    `\`${path.join(" ")}\` takes ${taken.length === 0 ? "no argument" : `at most ${count}`}`,
    hint,
  );
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
