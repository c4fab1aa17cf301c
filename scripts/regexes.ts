import { readFileSync } from "node:fs";
import { Glob } from "bun";
import { parseSync } from "oxc-parser";

/**
 * Checks every regular expression of the program: matching text from a server, a repository or another program must take
 * linear time. Uses the JavaScript implementation of the checker, which needs no other program.
 */
process.env["RECHECK_BACKEND"] = "pure";

/** Expressions that are slow for long text but only receive short text, with the reason. */
const BOUNDED: Record<string, string> = {
  [String.raw`/\$(?:(\w+)|\{([^}]*)\})/g`]: "the value has at most 4,096 characters",
  [String.raw`/^( *)(?:-( +))?([a-z_]+):(?: +(.*))?$/`]:
    "the text has no line ends, so the last part matches it all",
  [String.raw`/-+$/`]: "a name has at most 63 characters",
};

/** Far more than any step needs: a verdict must not depend on how busy the machine is. */
const TIMEOUT_MS = 60_000;
const LIMITS = {
  timeout: TIMEOUT_MS,
  attackTimeout: TIMEOUT_MS,
  incubationTimeout: TIMEOUT_MS,
  recallTimeout: TIMEOUT_MS,
  seedingTimeout: TIMEOUT_MS,
};

interface Found {
  place: string;
  pattern: string;
  flags: string;
}

const { checkSync } = await import("recheck");
const found = [...new Glob("src/**/*.ts").scanSync()].toSorted().flatMap(literalsOf);
const slow = found.filter(isSlow);
for (const { place, pattern, flags } of slow) console.error(`${place}: not linear: /${pattern}/${flags}`);
const written = new Set(found.map(({ pattern, flags }) => `/${pattern}/${flags}`));
const unused = Object.keys(BOUNDED).filter((literal) => !written.has(literal));
for (const literal of unused) console.error(`scripts/regexes.ts: no such regular expression: ${literal}`);
process.exitCode = slow.length + unused.length > 0 ? 1 : 0;

function isSlow({ pattern, flags }: Found): boolean {
  if (Object.hasOwn(BOUNDED, `/${pattern}/${flags}`)) return false;
  // The seed is fixed, because the checker tries random texts and must give the same result each time.
  return checkSync(pattern, flags, { ...LIMITS, randomSeed: 1 }).status !== "safe";
}

function literalsOf(path: string): Found[] {
  const text = readFileSync(path, "utf8");
  const literals: Found[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const { regex, start } = node as { regex?: { pattern: string; flags: string }; start?: number };
    if (regex) literals.push({ place: `${path}:${text.slice(0, start).split("\n").length}`, ...regex });
    for (const child of Object.values(node)) visit(child);
  };
  visit(parseSync(path, text).program);
  return literals;
}
