import { CliError } from "../errors.ts";
import type { Finding } from "./finding.ts";
import type { Scan } from "./search-places.ts";

/** One of our tokens, in a place from where others may read it. */
export function isLeak({ kind, ignored }: Finding): boolean {
  return kind === "known" && !ignored;
}

/** The failure that a scan ends in; undefined when there is no leak and everything was looked at. */
export function conclude({ findings, skipped }: Scan): CliError | undefined {
  const leaks = findings.filter((finding) => isLeak(finding) && !finding.rotated);
  if (leaks.length > 0) {
    const tokens = new Set(leaks.map(({ value }) => value)).size;
    const [noun, verb] = tokens === 1 ? ["API token", "is"] : ["API tokens", "are"];
    const places = leaks.length === 1 ? "1 place" : `${leaks.length} places`;
    return new CliError("LEAK_FOUND", `${tokens} ${noun} ${verb} where others may read it, in ${places}`, {
      hint: adviseOn(leaks),
    });
  }
  const incomplete = skipped.filter((one) => one.incomplete);
  if (incomplete.length === 0) return undefined;
  const things = incomplete.length === 1 ? "1 thing was" : `${incomplete.length} things were`;
  return new CliError("STORAGE", `no leak was found, but ${things} not looked at`, {
    hint: `the first: ${incomplete[0]!.path}: ${incomplete[0]!.reason}`,
  });
}

function adviseOn(leaks: readonly Finding[]): string {
  const isCurrent = leaks.some(({ state }) => state === "current");
  const isCommitted = leaks.some(({ commit }) => commit !== null);
  const replace = isCurrent
    ? "`--rotate` replaces it, and only that makes its copies worthless"
    : "it is no longer in use; `--check` asks whether it still works";
  return isCommitted
    ? `${replace}; the guide "A leaked token" tells how to take it out of a history`
    : replace;
}
