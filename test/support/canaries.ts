import { randomInt } from "node:crypto";
import { stripVTControlCharacters } from "node:util";

/**
 * Every token the tests use is a canary: its value is remembered here, whatever the program prints is
 * remembered beside it, and `sweep.ts` looks for the one in the other. This file knows nothing of bun:test,
 * so that scripts outside the tests can use the local server as well.
 */

const ALPHABET = "0123456789abcdefghijklmnopqrstuv";

/** Bytes of a token that must stand together to count as a leak: long prefixes give tokens away too. */
const WINDOW_BYTES = 10;
/** A shorter text would be found in ordinary words. */
export const SHORTEST = 8;

interface Form {
  name: string;
  /** Characters this form spends on one byte of the token. */
  expansion: number;
  /** Every spelling of the token in this form. */
  spell(token: string): string[];
}

const FORMS: readonly Form[] = [
  { name: "in clear", expansion: 1, spell: (token) => [token] },
  {
    name: "percent-encoded",
    expansion: 1,
    // Most tokens look the same in a URL as in clear, and so in the next two.
    spell: (token) => [encodeURIComponent(token)].filter((spelling) => spelling !== token),
  },
  {
    name: "escaped in JSON",
    expansion: 1,
    spell: (token) => [JSON.stringify(token).slice(1, -1)].filter((spelling) => spelling !== token),
  },
  {
    name: "quoted for a shell",
    expansion: 1,
    spell: (token) => [token.replaceAll("'", "'\\''")].filter((spelling) => spelling !== token),
  },
  {
    name: "percent-encoded",
    expansion: 3,
    spell: (token) => bothCases(hexOf(token)).map((hex) => hex.replaceAll(/../g, "%$&")),
  },
  { name: "in base64", expansion: 4 / 3, spell: (token) => [0, 1, 2].flatMap((at) => base64At(token, at)) },
  { name: "in hexadecimal", expansion: 2, spell: (token) => bothCases(hexOf(token)) },
];

/** Tokens made at one time share their beginning, which is no less secret for it. */
const SEVERAL = "several canaries";

const labels = new Map<string, string>();
const windows = FORMS.map(() => new Map<number, Map<string, string>>());

function hexOf(token: string): string {
  return Buffer.from(token).toString("hex");
}

function bothCases(hex: string): string[] {
  return [hex, hex.toUpperCase()];
}

/** The part of a base64 text that is the token's alone when it starts `offset` bytes into a group of three. */
function base64At(token: string, offset: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(token)]);
  const from = offset === 0 ? 0 : 4;
  const to = Math.floor(bytes.length / 3) * 4;
  return [bytes.toString("base64").slice(from, to), bytes.toString("base64url").slice(from, to)];
}

/** A new token that nothing may reveal: 20 characters, `[0-9a-v]`, starting with `canari`. */
export function canary(): string {
  const tail = Array.from({ length: 14 }, () => ALPHABET[randomInt(ALPHABET.length)]).join("");
  return registerCanary(`canari${tail}`);
}

/** A token with characters that JSON, shells, URLs and regular expressions escape, every few characters. */
export function quotedCanary(): string {
  const parts = canary().match(/.{1,5}/g)!;
  return registerCanary(parts.map((part, index) => part + `"'\\$`[index]).join(""));
}

/** Declares any other text a secret, for tokens of an unusual shape. At least 8 characters. */
export function registerCanary(token: string): string {
  if (token.length < SHORTEST) throw new Error(`a canary needs at least ${SHORTEST} characters`);
  if (labels.has(token)) return token;
  const label = `canary ${labels.size + 1}`;
  labels.set(token, label);
  for (const [index, form] of FORMS.entries()) {
    for (const spelling of form.spell(token)) addWindows(windows[index]!, spelling, form.expansion, label);
  }
  return token;
}

function addWindows(
  sizes: Map<number, Map<string, string>>,
  spelling: string,
  expansion: number,
  label: string,
): void {
  const size = Math.min(spelling.length, Math.ceil(WINDOW_BYTES * expansion));
  const known = sizes.get(size) ?? new Map<string, string>();
  sizes.set(size, known);
  for (let at = 0; at + size <= spelling.length; at++) {
    const window = spelling.slice(at, at + size);
    const owner = known.get(window);
    known.set(window, owner === undefined || owner === label ? label : SEVERAL);
  }
}

/** Which canaries, or long parts of them, stand in the text, for example `canary 3 in base64`. Never their values. */
export function findCanaries(text: string): string[] {
  return [
    ...new Set(
      FORMS.flatMap((form, index) => labelsIn(text, windows[index]!).map((one) => `${one} ${form.name}`)),
    ),
  ];
}

/** Like {@link findCanaries}, also when a colour code or a wrapped line cuts a canary in two: people can still read it. */
export function findCanariesAnywhere(text: string): string[] {
  const joined = stripVTControlCharacters(text).replaceAll(/[\r\n]+/g, "");
  const found = new Set([...findCanaries(text), ...findCanaries(joined)]);
  const specific = [...found].filter((one) => !one.startsWith(SEVERAL));
  return specific.length === 0 ? [...found] : specific;
}

function labelsIn(text: string, sizes: Map<number, Map<string, string>>): string[] {
  const found = new Set<string>();
  for (const [size, known] of sizes) {
    for (let at = 0; at + size <= text.length; at++) {
      const label = known.get(text.slice(at, at + size));
      if (label !== undefined) found.add(label);
    }
  }
  if (found.size > 1) found.delete(SEVERAL);
  return [...found];
}

/**
 * A text for a message of failure: the name of each canary stands in the place of its value. Withheld
 * altogether when a canary is still in it, cut in pieces or encoded.
 */
export function redactCanaries(text: string): string {
  let result = text;
  for (const [token, label] of labels) result = result.replaceAll(token, `<${label}>`);
  const left = findCanariesAnywhere(result);
  return left.length === 0 ? result : `<withheld, for it holds ${left.join(" and ")}>`;
}

/** The output of one program. The sweep reads the streams, so a program that still runs is searched too. */
export interface Recording {
  /** The command, for the message of a failure. */
  label: string;
  streams(): { stdout: string; stderr: string };
  /** True when printing a token is this run's purpose; `"stdout"` when only stdout may carry it. */
  reveals: boolean | "stdout";
}

const recordings: Recording[] = [];
const homes: string[] = [];
const cleanups: Array<() => void> = [];

export function recordOutput(recording: Recording): void {
  recordings.push(recording);
}

/** Has the files below this directory searched at the end. */
export function watchHome(path: string): void {
  homes.push(path);
}

/** Runs after the sweep: remove a directory, end a program. */
export function afterSweep(cleanup: () => void): void {
  cleanups.push(cleanup);
}

/** Everything recorded since the last call. */
export function takeEvidence(): { recordings: Recording[]; homes: string[]; cleanups: Array<() => void> } {
  return { recordings: recordings.splice(0), homes: homes.splice(0), cleanups: cleanups.splice(0) };
}

// Scripts outside bun:test have no sweep; bun:test itself never emits this event.
process.on("exit", () => {
  for (const cleanup of takeEvidence().cleanups) cleanup();
});
