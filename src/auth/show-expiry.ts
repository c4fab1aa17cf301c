import type { ApiToken } from "../cloud/api-token.ts";
import type { Cli } from "../app.ts";
import type { Tone } from "../system/paint.ts";
import { showWhen } from "../system/time.ts";

const LONGEST_NOTICE_MS = 7 * 86_400_000;
const PART_OF_LIFE = 5;

type Life = Pick<ApiToken, "expiresAt"> & Partial<Pick<ApiToken, "createdAt">>;

/**
 * Whether it is time to replace a token: in the last fifth of its life, and not before the last seven days. Where it is
 * not known when it was made, the seven days count.
 */
export function expiresSoon({ expiresAt, createdAt }: Life, now: Date): boolean {
  const end = expiresAt?.getTime() ?? Infinity;
  const fifth = createdAt ? (end - createdAt.getTime()) / PART_OF_LIFE : Infinity;
  return end - now.getTime() < Math.min(LONGEST_NOTICE_MS, fifth);
}

/** When a token expires, in the colour of how soon that is. */
export function showExpiry(
  { expiresAt, createdAt = null }: Life,
  { now, flags }: Pick<Cli, "now" | "flags">,
): { text: string; tone: Tone } {
  if (expiresAt === null) return { text: "never", tone: "dim" };
  const isSoon = expiresSoon({ expiresAt, createdAt }, now());
  const tone: Tone = expiresAt <= now() ? "bad" : isSoon ? "warning" : "good";
  return { text: showWhen(expiresAt, now(), flags), tone };
}
