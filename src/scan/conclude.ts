import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { CliError } from "../errors.ts";
import { counted, quoteWord } from "../system/text.ts";
import type { Finding } from "./finding.ts";
import type { Scan } from "./search-places.ts";

/** One of our tokens, in a place from where others may read it. */
export function isLeak({ kind, ignored }: Finding): boolean {
  return kind === "known" && !ignored;
}

/** The failure that a scan ends in; undefined when there is no leak and everything was looked at. */
export function conclude({ findings, skipped }: Pick<Scan, "findings" | "skipped">): CliError | undefined {
  const leaks = findings.filter((finding) => isLeak(finding) && !finding.rotated);
  if (leaks.length > 0) {
    const tokens = new Set(leaks.map(({ value }) => value)).size;
    const what = `${counted(tokens, "API token")} ${tokens === 1 ? "is" : "are"}`;
    const places = counted(leaks.length, "place");
    return new CliError("LEAK_FOUND", `${what} where others may read it, in ${places}`, {
      hint: adviseOn(leaks),
    });
  }
  const incomplete = skipped.filter((one) => one.incomplete);
  if (incomplete.length === 0) return undefined;
  const things = `${counted(incomplete.length, "thing")} ${incomplete.length === 1 ? "was" : "were"}`;
  return new CliError("STORAGE", `no leak was found, but ${things} not looked at`, {
    hint: `the first: ${incomplete[0]!.path}: ${incomplete[0]!.reason}`,
  });
}

function adviseOn(leaks: readonly Finding[]): string {
  const isCommitted = leaks.some(({ commit }) => commit !== null);
  const clean = '; the guide "A leaked token" tells how to take it out of a history';
  return adviseOnTokens(leaks) + (isCommitted ? clean : "");
}

function adviseOnTokens(leaks: readonly Finding[]): string {
  const live = leaks.filter(({ verdict }) => verdict !== "rejected" && verdict !== "expired");
  if (live.length === 0) return "what was found no longer works, so its copies are worthless";
  const current = new Set(live.flatMap(({ state, context }) => (state === "current" ? (context ?? []) : [])));
  const [name] = current;
  if (name === undefined)
    return live.some(({ verdict }) => verdict === "valid")
      ? "it still works: `bentocloud api-token revoke --with-token` deletes it"
      : "it is no longer in use; `--check` asks whether it still works";
  if (current.size > 1) return "`--rotate` replaces them, and only that makes their copies worthless";
  if (name === ENVIRONMENT_NAME)
    return "it is in BENTO_CLOUD_API_KEY: put another API token there, and delete this one";
  return `\`bentocloud api-token rotate ${quoteWord(name)}\` replaces it, and only that makes its copies worthless`;
}
