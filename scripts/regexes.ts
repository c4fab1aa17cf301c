import { readFileSync } from "node:fs";
import { Glob } from "bun";
import { parseSync } from "oxc-parser";

/**
 * Looks at every regular expression of the program with a checker: text from a server, a repository or another program
 * must not take time that grows faster than its length. The checker's own part in JavaScript is used, because it needs
 * no other program.
 */
process.env["RECHECK_BACKEND"] = "pure";

/** Those that are slow only for a text which is longer than the one they are given, and why that is so. */
const BOUNDED: Record<string, string> = {
  [String.raw`/\$(?:(\w+)|\{([^}]*)\})/g`]: "the value has at most 4,096 characters",
  [String.raw`/^( *)(?:-( +))?([a-z_]+):(?: +(.*))?$/`]:
    "the text has no line ends, so the last part matches it all",
  [String.raw`/-+$/`]: "a name has at most 63 characters",
};

const TIMEOUT_MS = 60_000;

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
  // A fixed seed, because some are tried with random texts, and a check must say the same each time.
  return checkSync(pattern, flags, { timeout: TIMEOUT_MS, randomSeed: 1 }).status !== "safe";
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
