import { safe, safeLines } from "./system/redact.ts";

/**
 * Every failure a command can end in. The codes and exit numbers are public API: scripts branch on them,
 * so a name may be added here but never changed.
 */
export const EXIT_CODES = {
  FAILURE: 1,
  LEAK_FOUND: 1,
  USAGE: 2,
  NOT_FOUND: 3,
  NOT_LOGGED_IN: 4,
  TOKEN_REJECTED: 4,
  TOKEN_EXPIRED: 4,
  FORBIDDEN: 4,
  PIN_MISMATCH: 4,
  HOST_MISMATCH: 4,
  UNREACHABLE: 5,
  TIMEOUT: 5,
  TLS: 5,
  NOT_BENTOCLOUD: 5,
  STORAGE: 6,
  LOCKED: 6,
  CORRUPT: 6,
  SECRET_LOCKED: 6,
  SECRET_MISSING: 6,
  SECRET_UNAVAILABLE: 6,
  SECRET_TIMEOUT: 6,
  INTERNAL: 70,
  CANCELLED: 130,
} as const;

/** `API_<status>` is any other HTTP status the server answered with, for example `API_500`. */
export type ErrorCode = keyof typeof EXIT_CODES | `API_${number}`;

export function exitCodeOf(code: ErrorCode): number {
  return code in EXIT_CODES ? EXIT_CODES[code as keyof typeof EXIT_CODES] : 5;
}

/** A likely correction of the command line. `cli/` makes the hint from it, because only `cli/` knows the whole line. */
export type Correction =
  | {
      /** A word that is none of these names. */
      unknown: string;
      names: readonly string[];
      /** The environment variable that it comes from, if it is not on the command line. */
      variable?: string;
    }
  | {
      /** An option that was missing. */
      missing: string;
    };

interface ErrorDetails {
  /** The next thing to do, usually a command to run. */
  hint?: string | undefined;
  correction?: Correction | undefined;
  cause?: unknown;
}

/**
 * A failure the user can act on: one lower-case sentence without a full stop, and what to do next. An error of the
 * library that nobody catches is printed by the runtime, so what comes from outside is made safe here already.
 */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  /** Private, because a runtime prints the public fields of an error that nobody catches. */
  readonly #correction: Correction | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(safe(message), { cause: makeSafe(details.cause) });
    this.code = code;
    this.hint = details.hint === undefined ? undefined : safe(details.hint);
    this.#correction = details.correction;
  }

  get correction(): Correction | undefined {
    return this.#correction;
  }

  get exitCode(): number {
    return exitCodeOf(this.code);
  }
}

const MAX_CAUSES = 5;

/** A runtime prints the causes of an error too, and the message of one quotes what was wrong. */
function makeSafe(cause: unknown, depth = 0): unknown {
  if (!(cause instanceof Error) || cause instanceof CliError || depth === MAX_CAUSES) return cause;
  const texts = { message: safe(cause.message), stack: safeLines(cause.stack ?? "") };
  for (const [name, value] of Object.entries(texts))
    // A DOMException ignores an assignment.
    Reflect.defineProperty(cause, name, { value, configurable: true, writable: true });
  makeSafe(cause.cause, depth + 1);
  return cause;
}

/** Ctrl-C at a prompt or while waiting. */
export function cancelled(effect = "nothing was changed"): CliError {
  return new CliError("CANCELLED", `cancelled; ${effect}`);
}

/** An argument, option or value that cannot be used as given. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError("USAGE", message, { hint });
}

/** The failure with another hint, and with another sentence if one is given. */
export function withHint(error: CliError, hint: string | undefined, message = error.message): CliError {
  const isSame = message === error.message && (hint === undefined || hint === error.hint);
  return isSame ? error : new CliError(error.code, message, { hint, cause: error });
}

/** The error if it is one of ours, Ctrl-C too. Throws it if it is a bug. */
export function requireCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  throw error;
}

/** The error if it is expected. Throws it if it is a bug or Ctrl-C. */
export function requireExpected(error: unknown): CliError {
  if (error instanceof CliError && error.code !== "CANCELLED") return error;
  throw error;
}
