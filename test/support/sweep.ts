import { afterAll } from "bun:test";
import { chmodSync, lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, join, relative } from "node:path";
import {
  findCanaries,
  findCanariesAnywhere,
  redactCanaries,
  takeEvidence,
  type Recording,
} from "./canaries.ts";

export { canary, quotedCanary, registerCanary } from "./canaries.ts";

export interface Allowed {
  /** Glob patterns, relative to the home, of further files in which a token may stand. */
  files?: string[];
}

/**
 * Call once at the top of a test file. After its last test, no output of a program and no file of a
 * temporary home may hold a token, except where its place is; then homes are removed and programs ended.
 */
export function sweepCanaries(allowed: Allowed = {}): void {
  afterAll(() => sweep(allowed));
}

/** The sweep itself, at once. Throws a list of what leaked where, without the tokens. */
export function sweep(allowed: Allowed = {}): void {
  const { recordings, homes, cleanups } = takeEvidence();
  try {
    const leaks = [
      ...recordings.flatMap(leaksOfProgram),
      ...homes.flatMap((home) => leaksOfHome(home, allowed.files ?? [])),
    ];
    if (leaks.length > 0)
      throw new Error(`a token was revealed:\n${leaks.map((leak) => `  ${leak}`).join("\n")}`);
  } finally {
    for (const cleanup of cleanups) cleanup();
  }
}

function leaksOfProgram(recording: Recording): string[] {
  if (recording.reveals === true) return [];
  const { stdout, stderr } = recording.streams();
  const streams = recording.reveals === "stdout" ? { stderr } : { stdout, stderr };
  return Object.entries(streams).flatMap(([stream, text]) =>
    findCanariesAnywhere(text).map((leak) => `${redactCanaries(recording.label)}: ${leak} on ${stream}`),
  );
}

function leaksOfHome(home: string, patterns: string[]): string[] {
  const paths = walk(home);
  const linked = new Set(paths.filter((path) => basename(path) === ".yatai.yaml").flatMap(targetOf));
  const globs = patterns.map((pattern) => new Bun.Glob(pattern));
  const isPlaceOfTokens = (path: string, name: string) =>
    basename(path) === ".yatai.yaml" ||
    /(^|\/)\.bentocloud\/versions\/[^/]+$/.test(name) ||
    linked.has(path) ||
    globs.some((glob) => glob.match(name));

  const leaks: string[] = [];
  for (const path of paths) {
    const name = relative(home, path).replaceAll("\\", "/");
    for (const leak of findCanaries(name)) leaks.push(`a file's name: ${leak}`);
    if (isPlaceOfTokens(path, name) || !lstatSync(path).isFile()) continue;
    for (const leak of findCanaries(contentOf(path))) leaks.push(`the file ${redactCanaries(name)}: ${leak}`);
  }
  return leaks;
}

function walk(directory: string): string[] {
  return namesIn(directory).flatMap((name) => {
    const path = join(directory, name);
    return lstatSync(path).isDirectory() ? [path].concat(walk(path)) : [path];
  });
}

/** Gives back the permissions that a test has taken away. */
function namesIn(directory: string): string[] {
  if ((lstatSync(directory).mode & 0o500) !== 0o500) chmodSync(directory, 0o700);
  return readdirSync(directory);
}

function contentOf(path: string): string {
  if ((lstatSync(path).mode & 0o400) === 0) chmodSync(path, 0o600);
  return readFileSync(path, "latin1");
}

function targetOf(path: string): string[] {
  try {
    return [realpathSync(path)];
  } catch {
    return []; // a dangling link leads to no file that could hold anything
  }
}
