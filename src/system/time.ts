const UNITS = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
  [1, "s"],
] as const;

/** How long ago, in the largest unit that fits: `45s`, `12m`, `3h`, `20d`. */
export function showAge(time: Date, now: Date): string {
  const seconds = Math.max(0, Math.round((now.getTime() - time.getTime()) / 1000));
  const [length, sign] = UNITS.find(([length]) => seconds >= length) ?? [1, "s"];
  return `${Math.floor(seconds / length)}${sign}`;
}

/** RFC 3339 in UTC, to the second. */
export function showTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}

/** Time and distance: `2026-12-31T00:00:00Z (in 39d)`, `2026-10-03T09:12:44Z (50d ago)`. */
export function showWhen(time: Date, now: Date): string {
  const distance = time > now ? `in ${showAge(now, time)}` : `${showAge(time, now)} ago`;
  return `${showTime(time)} (${distance})`;
}
