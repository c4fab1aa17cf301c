import type { Environment } from "../system/runtime.ts";
import { CliError, type ErrorCode } from "../errors.ts";

/** Where a token is kept, when that is not the contexts file. The keys are JSON keys. */
export type Place =
  | { kind: "keyring" }
  | { kind: "helper"; name: string }
  | { kind: "command"; argv: readonly string[] };

/** `unchecked` is for a command, which would have to run to be checked. */
export type SecretState = "ok" | "locked" | "missing" | "unavailable" | "timeout" | "unchecked";

/** One entry of a store is found by the ID of its reference. */
export interface Entry {
  id: string;
  /** For people who look into the store. */
  context: string;
  endpoint: string;
}

/** For a command, which prints one token and has no entries. */
export const NO_ENTRY: Entry = { id: "", context: "", endpoint: "" };

/**
 * A program or service that keeps tokens. None of these asks a person for a password, and each ends within its time.
 *
 * @throws CliError with one of the codes below
 */
export interface SecretStore {
  get(entry: Entry): Promise<string>;
  set(entry: Entry, token: string): Promise<void>;
  /** An entry that does not exist is no error. */
  erase(entry: Entry): Promise<void>;
  /** Whether the store can be used, and with an entry, whether it has that one. Reads no token if it can. */
  state(entry?: Entry): Promise<SecretState>;
}

export interface SecretOptions {
  env: Environment;
  signal: AbortSignal;
  /** Told what a program that was asked for a token prints on stderr. */
  say: (line: string) => void;
  /** Shows a person what is waited for. */
  wait: <T>(text: () => string, act: () => Promise<T>) => Promise<T>;
}

/** For a keyring and a helper; a command may wait for a person. */
export const STORE_TIMEOUT_MS = 3_000;

const CODES = {
  locked: "SECRET_LOCKED",
  missing: "SECRET_MISSING",
  unavailable: "SECRET_UNAVAILABLE",
  timeout: "SECRET_TIMEOUT",
} as const satisfies Record<Exclude<SecretState, "ok" | "unchecked">, ErrorCode>;

export function secretError(state: keyof typeof CODES, message: string, hint?: string): CliError {
  return new CliError(CODES[state], message, { hint });
}

/** The state that an error of a store stands for. Throws any other error. */
export function stateOf(error: unknown): SecretState {
  if (error instanceof CliError)
    for (const [state, code] of Object.entries(CODES)) if (error.code === code) return state as SecretState;
  throw error;
}

export function describePlace(place: Place): string {
  switch (place.kind) {
    case "keyring":
      return "the keyring";
    case "helper":
      return `the helper "${place.name}"`;
    default:
      return `the command \`${place.argv[0]}\``;
  }
}
