import { usageError } from "../errors.ts";

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
