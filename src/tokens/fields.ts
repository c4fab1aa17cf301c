import { usageError } from "../errors.ts";

/** What a person writes for an API token, made sure of before anything is sent. */

/** `api` is everything; the others are an operation on a kind of thing. */
const SCOPES = [
  "api",
  ...["organization", "cluster"].flatMap((kind) =>
    ["read", "write", "operate"].map((operation) => `${operation}_${kind}`),
  ),
];

export function parseScopes(given: readonly string[], { force }: { force: boolean }): string[] {
  for (const scope of given) {
    if (scope.trim() === "") throw usageError("a scope has a name");
    if (!force && !SCOPES.includes(scope))
      throw usageError(`unknown scope "${scope}"`, `one of ${SCOPES.join(", ")}; --force sends any other`);
  }
  return [...new Set(given)];
}

const MAX_NAME = 63;

/** A DNS-1035 label, as the server demands. */
export function parseTokenName(text: string): string {
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(text) || text.length > MAX_NAME) {
    throw usageError(
      "this cannot name an API token",
      `a to z, 0 to 9 and dashes, from a letter to a letter or digit, at most ${MAX_NAME} characters`,
    );
  }
  return text;
}

/** The first free one of `ci-r2`, `ci-r3`, … for `ci`, and of `ci-r3`, … for `ci-r2`. */
export function nameSuccessor(name: string, taken: ReadonlySet<string>): string {
  const [, base = "", number] = /^(.*?)(?:-r(\d{1,9}))?$/s.exec(name) ?? [];
  const label = base
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "");
  for (let next = Number(number ?? 1) + 1; ; next += 1) {
    const suffix = `-r${next}`;
    const start = (label || "token").slice(0, MAX_NAME - suffix.length).replace(/-+$/, "");
    if (!taken.has(start + suffix)) return start + suffix;
  }
}

const HOURS: Record<string, number> = { h: 1, d: 24, w: 7 * 24 };
const LAST_YEAR = 9999;

/** `12h`, `30d`, `2w`, a date (its beginning in UTC), or RFC 3339 with its zone; in the future. */
export function parseExpiry(text: string, now: Date): Date {
  const time = readDuration(text, now) ?? readMoment(text);
  if (time === undefined) {
    throw usageError(
      `this is no time: --expires ${JSON.stringify(text)}`,
      "for example 12h, 30d, 2w, 2026-12-31 or 2026-12-31T18:00:00+01:00",
    );
  }
  if (Number.isNaN(time.getTime()) || time.getUTCFullYear() > LAST_YEAR)
    throw usageError(`--expires ${text} is too far away`);
  if (time <= now) throw usageError(`--expires ${text} is not in the future`);
  return time;
}

function readDuration(text: string, now: Date): Date | undefined {
  const [, count, unit = ""] = /^(\d+)([hdw])$/i.exec(text) ?? [];
  const hours = HOURS[unit.toLowerCase()];
  return hours === undefined ? undefined : new Date(now.getTime() + Number(count) * hours * 3_600_000);
}

const MOMENT =
  /^\d{4}-(?:0[1-9]|1[0-2])-(\d\d)(?:T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))?$/i;

function readMoment(text: string): Date | undefined {
  const [written, day] = MOMENT.exec(text) ?? [];
  if (written === undefined) return undefined;
  // The 31st of a short month is read as the next month's first.
  const date = new Date(`${written.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day)) return undefined;
  return written.length === 10 ? date : new Date(written.toUpperCase().replace(/(\.\d{3})\d+/, "$1"));
}
