import { usageError } from "../errors.ts";
import { counted } from "./text.ts";

const DAY = 86_400;
const YEAR = 365 * DAY;

/** The unit from so many seconds on. A year is said from two years on: many tokens live for about one. */
const UNITS = [
  { from: 2 * YEAR, length: YEAR, name: "year" },
  { from: DAY, length: DAY, name: "day" },
  { from: 3_600, length: 3_600, name: "hour" },
  { from: 60, length: 60, name: "minute" },
  { from: 0, length: 1, name: "second" },
];

/** How long ago, in the largest unit that fits: `45 seconds`, `1 hour`, `20 days`. */
export function showAge(time: Date, now: Date): string {
  return showDuration(now.getTime() - time.getTime(), Math.floor);
}

function showDuration(ms: number, round: (count: number) => number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const { length, name } = UNITS.find(({ from }) => seconds >= from)!;
  return counted(round(seconds / length), name);
}

/** RFC 3339 in UTC, to the second. */
export function showTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

/** The distance, `in 39 days` or `50 days ago`; with `verbose` after the time itself. */
export function showWhen(time: Date, now: Date, { verbose = false } = {}): string {
  // Rounded, because a token that was made a second ago for 40 days expires "in 40 days".
  const ahead = showDuration(time.getTime() - now.getTime(), Math.round);
  const distance = time > now ? `in ${ahead}` : `${showAge(time, now)} ago`;
  return verbose ? `${showTime(time)} (${distance})` : distance;
}

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A timer of the runtimes counts to 24.8 days. */
const LONGEST_MS = 24 * 86_400_000;

/** `90s`, `30m`, `1h` or `2d`, in milliseconds. */
export function parseDuration(text: string, option: string): number {
  const [, count, unit = ""] = /^(\d{1,9})([smhd])$/i.exec(text) ?? [];
  const ms = Number(count) * (SECONDS[unit.toLowerCase()] ?? Number.NaN) * 1000;
  if (ms > 0 && ms <= LONGEST_MS) return ms;
  throw usageError(`${option} takes a time such as 90s, 30m, 1h or 2d, up to 24d`);
}
