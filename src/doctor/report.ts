import { DEFAULT_ENDPOINT, Endpoint, isLoopback } from "../contexts/endpoint.ts";
import { describeRuntime } from "../system/machine.ts";
import * as words from "../system/text.ts";
import { VERSION } from "../version.ts";

/**
 * The text of a finding. The words of a template are public; a value put into a template is private unless `open` made
 * it. `doctor --report` prints the kind of a private value instead of the value, so a value that no check marked is
 * left out too.
 */
export type Text = readonly (string | Private)[];

interface Private {
  /** A report prints it in angle brackets, instead of the value. */
  kind: string;
  /** The text for the user. */
  shown: string;
  /** Numbers the values of one kind in a report; undefined when they need not be told apart. */
  value?: string;
}

export function text(words: TemplateStringsArray, ...values: (Text | string | number)[]): Text {
  return words.flatMap((word, index) => [word, ...asText(values[index] ?? [])]);
}

function asText(value: Text | string | number): Text {
  if (typeof value === "number") return [String(value)];
  return typeof value === "string" ? secret("value", value) : value;
}

/** A public value. */
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

/** Shows the first `most` items and counts the others. */
export function list(items: readonly Text[], { separator = ", ", most = MAX_LISTED } = {}): Text {
  const shown = items.slice(0, most).flatMap((item, index) => (index === 0 ? item : [separator, ...item]));
  return items.length > most ? [...shown, ` and ${items.length - most} more`] : shown;
}

/** All of these sentences. */
export function join(items: readonly Text[]): Text {
  return list(items, { separator: "; ", most: items.length });
}

export function counted(number: number, noun: string): Text {
  return [words.counted(number, noun)];
}

export interface Result {
  id: string;
  status: "ok" | "warn" | "fail";
  message: Text;
  hint: Text | null;
  fixed: boolean;
  isRepairable: boolean;
}

/** The checks and this machine without anything private. The keys are JSON keys. */
export function makeReport(results: readonly Result[], terminal: boolean) {
  const redact = createRedactor();
  const checks = results.map(({ id, status, message, hint, fixed }) => {
    // A hint of private values alone would print nothing but placeholders.
    const isUseful = hint?.some((part) => typeof part === "string") ?? false;
    return { id, status, message: redact(message), hint: hint && isUseful ? redact(hint) : null, fixed };
  });
  return { version: VERSION, ...describeRuntime(), terminal, checks };
}

/** Contexts and endpoints get numbers, so that a reader can tell several apart. */
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
  const { version, platform, arch, runtime, terminal, checks } = report;
  const rows = checks.flatMap(({ id, status, message, hint }) => {
    const row = `${status.padEnd(4)}  ${id.padEnd(11)}  ${message}`;
    return hint === null ? [row] : [row, " ".repeat(19) + hint];
  });
  const program = `bentocloud ${version}, ${platform} ${arch}, ${runtime}`;
  return ["```text", program, `on a terminal: ${terminal ? "yes" : "no"}`, "", ...rows, "```"];
}
