import type { ArgsDef } from "citty";
import { type CliError, type Correction, usageError } from "../errors.ts";
import { closest } from "./closest.ts";
import { looksLikeToken, quoteWord } from "../system/text.ts";
import type { Found, Invocation } from "./invocation.ts";

/** Suggests the command with the nearest name. For a hidden alias it suggests the command behind the alias. */
export function unknownCommand(word: string, found: Found): CliError {
  if (found.isHelp) return unknownPage(word, found);
  const { command, path } = found;
  const { subCommands = {}, aliases = {}, foreignWords = {} } = command;
  const line = path.join(" ");
  const builtIn = path.length === 1 ? ["help"] : [];
  const hidden = Object.keys(aliases).filter((alias) => aliases[alias]!.length > 0);
  const near = closest(word, [...Object.keys(subCommands), ...builtIn, ...hidden]);
  const own = near === undefined ? undefined : `${line} ${(aliases[near] ?? [near]).join(" ")}`;
  const foreign = foreignWords[word];
  const meant = foreign === undefined ? own : `${path[0]} ${foreign}`;
  return usageError(
    isCommandLike(word) ? `unknown command \`${line} ${word}\`` : "unknown command",
    meant ? `did you mean \`${meant}\`?` : `\`${line} --help\` lists the commands`,
  );
}

function unknownPage(word: string, { command, path }: Found): CliError {
  const [program, ...group] = path;
  const line = [program, "help", ...group].join(" ");
  const near = closest(
    word,
    [command.subCommands, command.topics].flatMap((pages) => Object.keys(pages ?? {})),
  );
  return usageError(
    isCommandLike(word)
      ? `there is no help for \`${[...group, word].join(" ")}\``
      : "there is no help for that",
    near
      ? `did you mean \`${line} ${near}\`?`
      : `\`${line}\` lists the commands${group.length === 0 ? " and topics" : ""}`,
  );
}

/**
 * A word before `--`, for a command that takes its words after it: the program's own options would be read as ours.
 * Where there are words after `--`, it was meant to be the context.
 */
export function misplacedWord(word: string, { command, path }: Found, behind: readonly string[]): CliError {
  const { rest = "" } = command;
  const name = path.join(" ");
  const [program, ...others] = behind.map((one, at) => (at === 0 && isNameLike(one) ? one : "…"));
  const end = others.length > 0 ? " …" : "";
  return usageError(
    `\`${name}\` takes its ${rest} after \`--\``,
    program !== undefined && isNameLike(word)
      ? `as the context "${word}": \`${name} --context ${word} -- ${program}${end}\``
      : `${name} -- ${rest.toUpperCase()}…`,
  );
}

/** Whether a word may be repeated: what does not look like a command may be a token that was pasted in the wrong place. */
function isCommandLike(word: string): boolean {
  return /^(?=.{1,24}$)[a-z]{1,15}(?:-[a-z]{0,15})*$/i.test(word);
}

/** What other tools call an option, and its name here. Only a command that has it suggests it. */
const FOREIGN_OPTIONS = new Map([
  ["--api-key", "with-token"],
  ["--format", "json"],
  ["--host", "endpoint"],
  ["--hostname", "endpoint"],
  ["--output", "json"],
  ["--profile", "context"],
  ["--server", "endpoint"],
  ["--token", "with-token"],
  ["--url", "endpoint"],
  ["-o", "json"],
  ["-q", "quiet"],
  ["-y", "yes"],
]);

export function unknownOption(word: string, commandName: string, definitions: ArgsDef): CliError {
  const written = withoutSecret(word);
  const options = Object.keys(definitions).filter((name) => definitions[name]?.type !== "positional");
  const foreign = FOREIGN_OPTIONS.get(written);
  const near = options.find((name) => name === foreign) ?? closest(written.replace(/^-+/, ""), options);
  return usageError(
    `unknown option ${written} for \`${commandName}\``,
    near ? `did you mean \`${commandName} --${near}\`?` : `\`${commandName} --help\` lists the options`,
  );
}

/** `line` is what stands before the value. */
export function wrongChoice(value: string, choices: readonly string[], name: string, line: string): CliError {
  const near = closest(value, choices);
  return usageError(
    `${name} does not take this value`,
    near ? `did you mean \`${line} ${near}\`?` : `one of ${choices.join(", ")}`,
  );
}

/** The part of an option that cannot be a secret: some programs take one as `-pSECRET`. */
function withoutSecret(word: string): string {
  const [written = ""] = word.startsWith("--") ? word.split("=", 1) : [word];
  if (!written.startsWith("--")) return written.slice(0, 2);
  return /^--(?=.{1,32}$)[a-z]{1,15}(?:[_-][a-z]{0,15})*$/i.test(written) ? written : "--…";
}

/** The hint of an error whose correction is known; undefined when nothing is near, or not on the command line. */
export function suggest(
  invocation: Invocation,
  correction: Correction,
  hint: string | undefined,
): string | undefined {
  if ("missing" in correction) {
    const { missing } = correction;
    return `${hint}: \`${rewrite(invocation, { missing })}\``;
  }
  const { unknown, names, variable } = correction;
  const meant = closest(unknown, names);
  if (meant === undefined) return undefined;
  if (variable !== undefined) return `did you mean ${variable}=${quoteWord(meant)}?`;
  const isTyped = [...invocation.positionals, ...invocation.options.map(({ value }) => value)].includes(
    unknown,
  );
  if (isTyped && invocation.command.isRemoval)
    return [`did you mean "${meant}"?`, hint].filter(Boolean).join(" ");
  return isTyped ? `did you mean \`${rewrite(invocation, { unknown, meant })}\`?` : undefined;
}

interface Change {
  unknown?: string;
  meant?: string;
  missing?: string;
}

/**
 * The command line that works. The words of another program, the values of other options, and arguments that do not
 * look like names may be secret, so an ellipsis stands for them.
 */
function rewrite(
  { path, options, positionals, rest }: Invocation,
  { unknown, meant = "", missing }: Change,
): string {
  const written = options.flatMap(({ name, value }) => {
    // A `--yes` that was given for one name must not confirm the same action for another name.
    const isAnswer = missing?.startsWith(`--${name}=`) || (name === "yes" && unknown !== undefined);
    if (value === undefined) return isAnswer ? [] : [`--${name}`];
    return value === unknown ? [`--${name}=${quoteWord(meant)}`] : [];
  });
  if (missing !== undefined) written.push(missing);
  if (options.some(({ value }) => value !== undefined && value !== unknown)) written.push("…");
  const words = positionals.map((word) => (word === unknown ? meant : word));
  const names = words.map((word) => (word === meant || isNameLike(word) ? quoteWord(word) : "…"));
  const isDashed = words.some((word) => word.startsWith("-") && word !== "-");
  const tail = isDashed ? ["--", ...names] : rest.length > 0 ? ["--", "…"] : [];
  return [...path, ...(isDashed ? [] : names), ...written, ...tail].join(" ");
}

function isNameLike(word: string): boolean {
  return /^[\w./-]+$/.test(word) && !word.split(/\W/).some(looksLikeToken);
}
