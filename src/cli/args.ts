import type { ArgDef, ArgsDef } from "citty";
import type { Flags } from "../app.ts";
import { usageError } from "../errors.ts";
import { flag, option } from "./command.ts";
import type { Option } from "./invocation.ts";

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

/** @throws CliError `USAGE` when the option has no value but needs one, or one that it does not take. */
export async function checkValue(
  { name, written, value }: Option,
  definitions: ArgsDef,
  commandName: string,
): Promise<void> {
  const definition: ArgDef = definitions[name] ?? {};
  if (definition.type === "boolean") {
    if (value !== undefined && definition.valueHint === undefined)
      throw usageError(`${written} takes no value`);
    if (value === "") throw usageError(`${written}= needs a name`);
  } else if (value === undefined) {
    const hint = (definition.valueHint ?? "value").toUpperCase();
    throw usageError(`${written} needs a value`, `write ${written}=${hint}`);
  } else await checkChoice(value, definition, `--${name}`, `${commandName} --${name}`);
}

/** The values that an option or argument may have, where they are enumerated. */
export function choicesOf(arg: ArgDef | undefined): readonly string[] | undefined {
  return arg !== undefined && "options" in arg ? arg.options : undefined;
}

/** `line` is what stands before the value. @throws CliError `USAGE` for a value that is none of the choices. */
export async function checkChoice(value: string | undefined, arg: ArgDef, name: string, line: string) {
  const choices = choicesOf(arg);
  if (value === undefined || choices === undefined || choices.includes(value)) return;
  const { wrongChoice } = await import("./suggest.ts");
  throw wrongChoice(value, choices, name, line);
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
    insecureHttp: values.has("insecure-http"),
    yes: options.flatMap(({ name, value }) => (name === "yes" ? (value ?? "") : [])),
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
