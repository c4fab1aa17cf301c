import { CliError, usageError } from "../errors.ts";

/** `api` allows everything; every other scope is an operation on a kind of resource. */
export const SCOPES = [
  "api",
  ...["organization", "cluster"].flatMap((kind) =>
    ["read", "write", "operate"].map((operation) => `${operation}_${kind}`),
  ),
];

export function parseScopes(given: readonly string[], { force }: { force: boolean }): string[] {
  for (const scope of given) {
    if (scope.trim() === "") throw usageError("a scope has a name");
    if (!force && !SCOPES.includes(scope))
      throw new CliError("USAGE", `unknown scope "${scope}"`, {
        hint: `one of ${SCOPES.join(", ")}; --force sends any other`,
        correction: { unknown: scope, names: SCOPES },
      });
  }
  return [...new Set(given)];
}

const MAX_NAME = 63;

/** The server takes DNS-1035 labels. */
export function parseTokenName(text: string): string {
  if (/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(text) && text.length <= MAX_NAME) return text;
  throw usageError(
    "this cannot name an API token",
    `a to z, 0 to 9 and dashes, from a letter to a letter or digit, at most ${MAX_NAME} characters`,
  );
}

/** The first free one of `ci-r2`, `ci-r3`, … for `ci`, and of `ci-r3`, … for `ci-r2`. */
export function nameSuccessor(name: string, taken: ReadonlySet<string>): string {
  const [, base = "", number = 1] = /^(.*?)(?:-r(\d{1,9}))?$/s.exec(name) ?? [];
  const label = base
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "");
  for (let next = Number(number) + 1; ; next += 1) {
    const suffix = `-r${next}`;
    const start = (label || "token").slice(0, MAX_NAME - suffix.length).replace(/-+$/, "");
    if (!taken.has(start + suffix)) return start + suffix;
  }
}

const HOURS: Record<string, number> = { h: 1, d: 24, w: 7 * 24 };
const LAST_YEAR = 9999;

/** `12h`, `30d`, `2w`, a date (its beginning in UTC), or RFC 3339 with a zone; in the future. */
export function parseExpiry(text: string, now: Date): Date {
  const time = parseDuration(text, now) ?? parseTime(text);
  if (time === undefined) {
    throw usageError(
      `--expires ${JSON.stringify(text)} is not a time`,
      "for example 12h, 30d, 2w, 2026-12-31 or 2026-12-31T18:00:00+01:00",
    );
  }
  if (Number.isNaN(time.getTime()) || time.getUTCFullYear() > LAST_YEAR)
    throw usageError(`--expires ${text} is too far away`);
  if (time <= now) throw usageError(`--expires ${text} is not in the future`);
  return time;
}

function parseDuration(text: string, now: Date): Date | undefined {
  const [, count, unit = ""] = /^(\d+)([hdw])$/i.exec(text) ?? [];
  const hours = HOURS[unit.toLowerCase()];
  return hours === undefined ? undefined : new Date(now.getTime() + Number(count) * hours * 3_600_000);
}

const TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(\d\d)(?:T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d))?$/i;

function parseTime(text: string): Date | undefined {
  const [written, day] = TIME.exec(text) ?? [];
  if (written === undefined) return undefined;
  // The runtime reads February 30th as March 2nd.
  const date = new Date(`${written.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(day)) return undefined;
  return written.length === 10 ? date : new Date(written.toUpperCase().replace(/(\.\d{3})\d+/, "$1"));
}
