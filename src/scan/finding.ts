import type { Verdict } from "../cloud/identify.ts";
import type { Context } from "../contexts/context.ts";
import type { Token } from "../contexts/token.ts";
import type { Encoding } from "./encodings.ts";

export interface KnownValue {
  token: Token;
  /** The login that it belongs to; of several, a stored one. */
  login: Context;
  /** `current` if a stored context or the environment holds it now. */
  state: "current" | "superseded";
}

export interface Finding {
  /** The context that has or had it; null for a possible one. */
  context: string | null;
  token_masked: string;
  /** `known` is the exact value of one of our tokens; `possible` has the form of one. */
  kind: "known" | "possible";
  /** Relative to the working directory where it is below it; null for an object that is in no commit. */
  path: string | null;
  /** 1-based; null where lines mean nothing. */
  line: number | null;
  /** A commit that contains it; null for a file. */
  commit: string | null;
  encoding: Encoding;
  state: "current" | "superseded" | null;
  /** Git's name of the object that contains it; null for a file. */
  object: string | null;
  /** In a file that git ignores: no leak, but one mistake away from being one. */
  ignored: boolean;
  /** What the server said of it; null when it was not asked. */
  verdict: Verdict | null;
  /** Whether this run has replaced it. */
  rotated: boolean;
  /** Never printed. */
  value: KnownValue | undefined;
}

/** A place that was not looked at, or not completely. */
export interface Skipped {
  path: string;
  reason: string;
  /** Whether a token may be in a part that this scan should have looked at. */
  incomplete: boolean;
}
