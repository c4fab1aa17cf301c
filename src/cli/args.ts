import type { ArgDef, ArgsDef } from "citty";
import type { Flags } from "../app.ts";
import { usageError } from "../errors.ts";
import { flag, option } from "./command.ts";

/** Accepted by every command, before or after its name. */
export const GLOBAL_ARGS = {
  context: option("name", "Use this context, whatever else is set"),
  json: flag("Print the answer as JSON"),
  quiet: flag("Print only errors on stderr"),
  verbose: flag("Print more, such as the exact times"),
  debug: flag("Trace requests and decisions on stderr"),
  "no-input": flag("Never ask; fail when input is needed"),
  "no-color": flag("Print without colour"),
  timeout: option("seconds", "Time limit for a request and its retries (default: 30)"),
  help: flag("Show help", "h"),
  version: flag("Show the version", "V"),
} as const satisfies ArgsDef;

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_SECONDS = 86_400;

/** An option of a command line, matched with its definition. */
export interface Option {
  name: string;
  /** As it was written, without its value. */
  written: string;
  /** Undefined when there was none. */
  value: string | undefined;
}

export function isOption(word: string): boolean {
  return word.startsWith("-") && word !== "-" && word !== "--";
}

/** Reads the option at `index`; `next` is the index after it. Undefined when no definition matches. */
export function readOption(
  argv: readonly string[],
  index: number,
  definitions: ArgsDef,
): { option: Option; next: number } | undefined {
  const word = argv[index] ?? "";
  const [written, inline] = takesAttached(word, definitions)
    ? [word.slice(0, 2), word.slice(2).replace(/^=/, "")]
    : splitAtEquals(word);
  const name = findName(written, definitions);
  if (name === undefined) return undefined;
  const following = argv[index + 1];
  // In `--api-token --force` the value was forgotten: "--force" must not become the token.
  const hasFollowing = following !== undefined && (following === "-" || !following.startsWith("-"));
  if (inline !== undefined || definitions[name]?.type === "boolean" || !hasFollowing)
    return { option: { name, written, value: inline }, next: index + 1 };
  return { option: { name, written, value: following }, next: index + 2 };
}

/** @throws CliError `USAGE` when the option has no value but needs one, or the other way round. */
export function checkValue({ name, written, value }: Option, definitions: ArgsDef): void {
  const definition: ArgDef = definitions[name] ?? {};
  if (definition.type === "boolean") {
    if (value !== undefined && definition.valueHint === undefined)
      throw usageError(`${written} takes no value`);
  } else if (value === undefined) {
    throw usageError(`${written} needs a value`, `write ${written}=VALUE`);
  } else if (definition.type === "enum" && !definition.options?.includes(value)) {
    throw usageError(`--${name} does not take this value`, `one of ${definition.options?.join(", ")}`);
  }
}

/** The error for an option that is not defined, with the nearest one that is. */
export async function unknownOption(word: string, commandName: string, definitions: ArgsDef) {
  const { closest } = await import("./suggest.ts");
  const written = withoutSecret(word);
  const near = closest(
    written,
    Object.keys(definitions).map((name) => `--${name}`),
  );
  return usageError(
    `unknown option ${written} for \`${commandName}\``,
    near ? `did you mean ${near}?` : `\`${commandName} --help\` lists the options`,
  );
}

/** The part of an option that cannot be a secret: some programs take one as `-pSECRET`. */
function withoutSecret(word: string): string {
  const [written] = splitAtEquals(word);
  if (!written.startsWith("--")) return written.slice(0, 2);
  return /^--(?=.{1,32}$)[a-z]{1,15}(?:[_-][a-z]{0,15})*$/i.test(written) ? written : "--…";
}

export function readFlags(options: readonly Option[]): Flags {
  const values = new Map(options.map(({ name, value }) => [name, value]));
  const context = values.get("context");
  if (context === "") throw usageError("--context needs a name");
  return {
    context,
    json: values.has("json"),
    quiet: values.has("quiet"),
    verbose: values.has("verbose"),
    debug: values.has("debug"),
    input: !values.has("no-input"),
    color: !values.has("no-color"),
    timeoutMs: readTimeout(values.get("timeout")),
  };
}

function readTimeout(value: string | undefined): number {
  if (value === undefined) return DEFAULT_TIMEOUT_MS;
  const seconds = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS)) {
    throw usageError(`--timeout takes a number of seconds above 0 and up to ${MAX_TIMEOUT_SECONDS}`);
  }
  return seconds * 1000;
}

function splitAtEquals(word: string): [written: string, inline: string | undefined] {
  const at = word.indexOf("=");
  return word.startsWith("--") && at !== -1 ? [word.slice(0, at), word.slice(at + 1)] : [word, undefined];
}

/** Whether this is `-XPOST` or `-X=POST`: a short option with its value attached. */
function takesAttached(word: string, definitions: ArgsDef): boolean {
  const name = /^-[a-z]./is.test(word) ? findName(word.slice(0, 2), definitions) : undefined;
  return name !== undefined && definitions[name]?.type === "string";
}

function findName(written: string, definitions: ArgsDef): string | undefined {
  return Object.keys(definitions).find((name) => {
    const { type, alias } = definitions[name] as ArgDef & { alias?: string };
    return type !== "positional" && (written === `--${name}` || written === `-${alias}`);
  });
}
