import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { inspect, realTarget } from "../system/files.ts";
import { requireExactPath } from "../system/runtime.ts";

export interface Paths {
  /** The contexts file shared with Python bentoml. */
  file: string;
  /** Our own directory beside it: metadata, previous context, backups, lock. */
  own: string;
}

const FILE = ".yatai.yaml";
const OWN = ".bentocloud";

/**
 * A contexts file that is a link to that of another home is that home's: what we remember of it stands there, so that
 * both homes know the same versions and protect the same contexts.
 */
export function pathsBelow(home: string, cwd: () => string): Paths {
  const absolute = resolve(isAbsolute(home) ? "/" : cwd(), home);
  const file = requireExactPath(join(absolute, FILE), "the path of the contexts file");
  return { file, own: join(homeBehind(file) ?? absolute, OWN) };
}

/** Undefined for a link that leads to no home. One that cannot be followed is an error for whoever reads the file. */
function homeBehind(file: string): string | undefined {
  try {
    const target = inspect(file)?.isSymbolicLink() ? realTarget(file) : undefined;
    return target !== undefined && isHomeFile(target) ? dirname(target) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a contexts file stands in a home, by its name; a link can lead to any other file. */
export function isHomeFile(target: string): boolean {
  return basename(target) === FILE;
}
