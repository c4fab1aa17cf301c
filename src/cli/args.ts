import type { ArgDef, ArgsDef, EnumArgDef } from "citty";
import { usageError } from "../errors.ts";
import type { Flags } from "../app.ts";

/** Accepted by every command, before or after its name. */
export const GLOBAL_ARGS = {
  context: { type: "string", valueHint: "name", description: "Use this context, whatever else is set" },
  json: { type: "boolean", description: "Print the answer as JSON" },
  quiet: { type: "boolean", description: "Print nothing on stderr but errors" },
  debug: { type: "boolean", description: "Trace requests and decisions on stderr" },
  "no-input": { type: "boolean", description: "Never ask; fail when input would be needed" },
  "no-color": { type: "boolean", description: "Print without colour" },
  timeout: {
    type: "string",
    valueHint: "seconds",
    description: "Time for a request with its retries (default 30)",
  },
  help: { type: "boolean", alias: "h", description: "Show help" },
  version: { type: "boolean", alias: "V", description: "Show the version" },
} as const satisfies ArgsDef;

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_SECONDS = 86_400;

/** An option as it was written, already matched with its definition. */
export interface Option {
  name: string;
  value: string | true;
}

/** Reads the option at `index`; `next` is where reading goes on. Undefined when no definition matches. */
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
  if (definitions[name]?.type === "boolean") {
    if (inline !== undefined) throw usageError(`${written} takes no value`);
    return { option: { name, value: true }, next: index + 1 };
  }
  if (inline !== undefined) return { option: { name, value: inline }, next: index + 1 };
  const following = argv[index + 1];
  // A following option is a forgotten value, not one: `--token --force` must not make "--force" a token.
  if (following === undefined || (following.startsWith("-") && following !== "-")) {
    throw usageError(`${written} needs a value`, `write ${written}=VALUE`);
  }
  return { option: { name, value: following }, next: index + 2 };
}

/** Choices are checked here, because citty names a wrong one in colours of its own. */
export function refuseWrongChoice({ name, value }: Option, definitions: ArgsDef): void {
  const { type, options = [] } = definitions[name] as EnumArgDef;
  if (type === "enum" && value !== true && !options.includes(value))
    throw usageError(`--${name} does not take this value`, `one of ${options.join(", ")}`);
}

export function isOption(word: string): boolean {
  return word.startsWith("-") && word !== "-" && word !== "--";
}

/** The error for an option nobody defines, with the nearest one that exists. */
export async function unknownOption(word: string, commandName: string, definitions: ArgsDef) {
  const { closest } = await import("./suggest.ts");
  const written = showable(word);
  const names = Object.keys({ ...definitions, ...GLOBAL_ARGS }).map((name) => `--${name}`);
  const near = closest(written, names);
  return usageError(
    `unknown option ${written} for \`${commandName}\``,
    near ? `did you mean ${near}?` : `\`${commandName} --help\` lists the options`,
  );
}

/** As much of an option as can be no secret: `-pSECRET` is how some programs take one. */
function showable(word: string): string {
  const [written] = splitAtEquals(word);
  if (!written.startsWith("--")) return written.slice(0, 2);
  return /^--(?=.{1,32}$)[a-z]{1,15}(?:[_-][a-z]{0,15})*$/i.test(written) ? written : "--…";
}

/**
 * The words citty parses: its options in `--name=value` form and every positional behind `--`, so that nothing
 * is left to its lenient reading. citty turns any `--no-x` into `x=false`; the camel-case alias it makes for each
 * option name is not touched, so negative options travel as that.
 */
export function toCittyArgs(options: readonly Option[], positionals: readonly string[]): string[] {
  const words = options.map(({ name, value }) => {
    const spelled = name.startsWith("no-")
      ? name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
      : name;
    return value === true ? `--${spelled}` : `--${spelled}=${value}`;
  });
  return [...words, "--", ...positionals];
}

export function readFlags(options: readonly Option[]): Flags {
  const last = new Map(options.map(({ name, value }) => [name, value]));
  const context = last.get("context");
  if (context === "") throw usageError("--context needs a name");
  return {
    context: typeof context === "string" ? context : undefined,
    json: last.has("json"),
    quiet: last.has("quiet"),
    debug: last.has("debug"),
    input: !last.has("no-input"),
    color: !last.has("no-color"),
    timeoutMs: readTimeout(last.get("timeout")),
  };
}

function readTimeout(value: string | true | undefined): number {
  if (value === undefined) return DEFAULT_TIMEOUT_MS;
  const seconds = typeof value === "string" && /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_SECONDS)) {
    throw usageError(`--timeout takes a number of seconds above 0 and up to ${MAX_TIMEOUT_SECONDS}`);
  }
  return seconds * 1000;
}

function splitAtEquals(word: string): [written: string, inline: string | undefined] {
  const at = word.indexOf("=");
  return word.startsWith("--") && at !== -1 ? [word.slice(0, at), word.slice(at + 1)] : [word, undefined];
}

/** `-XPOST` or `-X=POST`, for a short option that takes a value. */
function takesAttached(word: string, definitions: ArgsDef): boolean {
  const name = /^-[a-z]./i.test(word) ? findName(word.slice(0, 2), definitions) : undefined;
  return name !== undefined && definitions[name]?.type === "string";
}

function findName(written: string, definitions: ArgsDef): string | undefined {
  return Object.entries(definitions).find(([name, definition]) => {
    if (definition.type === "positional") return false;
    return written === `--${name}` || aliasesOf(definition).some((alias) => written === `-${alias}`);
  })?.[0];
}

function aliasesOf(definition: ArgDef): readonly string[] {
  const alias = "alias" in definition ? definition.alias : undefined;
  return alias === undefined ? [] : typeof alias === "string" ? [alias] : alias;
}
