import { DEFAULT_ENDPOINT, Endpoint, isLoopback } from "../contexts/endpoint.ts";
import { describeRuntime } from "../system/machine.ts";
import type { Environment } from "../system/runtime.ts";
import { VERSION } from "../version.ts";

/**
 * Findings are marked text: the words of a template are public, and every value put into one is private unless it is
 * wrapped in `open`. `doctor --report` prints the kind of a private value in its place, so a value that nobody thought
 * of is left out, and nothing has to be recognised afterwards.
 */
export type Text = readonly (string | Private)[];

interface Private {
  /** What a report prints, in angle brackets. */
  kind: string;
  /** What everybody else sees. */
  shown: string;
  /** Tells the values of one kind apart in a report; undefined where one is as good as another. */
  value?: string;
}

export function text(words: TemplateStringsArray, ...values: (Text | string | number)[]): Text {
  return words.flatMap((word, index) => [word, ...toText(values[index] ?? [])]);
}

function toText(value: Text | string | number): Text {
  if (typeof value === "number") return [String(value)];
  return typeof value === "string" ? secret("value", value) : value;
}

/** A value that says nothing about anybody. */
export function open(value: string): Text {
  return [value];
}

export function secret(kind: string, shown: string): Text {
  return [{ kind, shown }];
}

/** `shown` is the name as it appears, for example quoted for a shell. */
export function contextName(name: string, shown = name): Text {
  return name === "default" || name === "__env__" ? [shown] : [{ kind: "context", shown, value: name }];
}

export function endpointAddress(endpoint: string): Text {
  const shown = new Endpoint(endpoint).masked;
  const isCommon =
    endpoint === DEFAULT_ENDPOINT || (/^https?:\/\/[^/@]*$/.test(endpoint) && isLoopback(endpoint));
  return isCommon ? [shown] : [{ kind: "endpoint", shown, value: endpoint }];
}

const MAX_LISTED = 5;

/** `most` is how many are shown; the others are counted. */
export function list(items: readonly Text[], { separator = ", ", most = MAX_LISTED } = {}): Text {
  const shown = items.slice(0, most).flatMap((item, index) => (index === 0 ? item : [separator, ...item]));
  return items.length > most ? [...shown, ` and ${items.length - most} more`] : shown;
}

/** Sentences, all of them. */
export function join(items: readonly Text[]): Text {
  return list(items, { separator: "; ", most: items.length });
}

export function counted(number: number, noun: string): Text {
  return [`${number} ${noun}${number === 1 ? "" : "s"}`];
}

/** For the user's own eyes. */
export function show(text: Text): string {
  return text.map((part) => (typeof part === "string" ? part : part.shown)).join("");
}

/** What became of one check. */
export interface Result {
  id: string;
  status: "ok" | "warn" | "fail";
  message: Text;
  hint: Text | null;
  fixed: boolean;
  /** Whether `--fix` would repair it. */
  isRepairable: boolean;
}

/** The checks with what can be said of this machine in public. The keys are JSON keys. */
export function makeReport(results: readonly Result[], env: Environment, terminal: boolean) {
  const redact = createRedactor();
  const checks = results.map(({ id, status, message, hint, fixed }) => {
    // A hint without a public word says nothing.
    const isUseful = hint?.some((part) => typeof part === "string") ?? false;
    return { id, status, message: redact(message), hint: hint && isUseful ? redact(hint) : null, fixed };
  });
  const head = { version: VERSION, ...describeRuntime(), terminal };
  return { ...head, locale: localeIn(env), shell: shellIn(env), checks };
}

/** Contexts, endpoints and organizations get numbers, so that a reader can tell several apart. */
function createRedactor(): (text: Text) => string {
  const numbers = new Map<string, string[]>();
  const redact = ({ kind, value }: Private): string => {
    if (value === undefined) return `<${kind}>`;
    const seen = numbers.get(kind) ?? [];
    if (!seen.includes(value)) numbers.set(kind, [...seen, value]);
    return `<${kind} ${numbers.get(kind)!.indexOf(value) + 1}>`;
  };
  return (text) => text.map((part) => (typeof part === "string" ? part : redact(part))).join("");
}

/** The report as a block of Markdown. */
export function reportLines(report: ReturnType<typeof makeReport>): string[] {
  const { version, platform, arch, runtime, terminal, locale, shell, checks } = report;
  const rows = checks.flatMap(({ id, status, message, hint }) => {
    const row = `${status.padEnd(4)}  ${id.padEnd(11)}  ${message}`;
    return hint === null ? [row] : [row, " ".repeat(19) + hint];
  });
  const program = `bentocloud ${version}, ${platform} ${arch}, ${runtime}`;
  const place = `on a terminal: ${terminal ? "yes" : "no"}, locale: ${locale ?? "-"}, shell: ${shell ?? "-"}`;
  return ["```text", program, place, "", ...rows, "```"];
}

function localeIn(env: Environment): string | null {
  const value = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  if (value === "") return null;
  return /^(?:C|POSIX|[a-z]{2,3}(?:_[A-Z]{2})?)(?:\.[A-Za-z0-9-]{1,12})?$/.test(value) ? value : "another";
}

const SHELLS = new Set("sh bash zsh fish pwsh powershell dash ksh tcsh csh nu".split(" "));

function shellIn(env: Environment): string | null {
  const name = (env["SHELL"] ?? "").split(/[/\\]/).at(-1) ?? "";
  if (name === "") return null;
  return SHELLS.has(name) ? name : "another";
}
