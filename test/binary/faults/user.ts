import { chownSync, lchownSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../../support/home.ts";
import { needs, type Right } from "../../support/needs.ts";
import { programCommand } from "../../support/program.ts";

const NOBODY = 65_534;

/** Permissions do not bind root, which runs the program as another user for these tests. */
const isRoot = process.getuid?.() === 0;

const toBeRoot: Right = { right: "the rights of root", isGiven: () => isRoot };

/**
 * A checkout below `/root` is out of that user's reach. The shell is needed to find out: what `setpriv` itself starts can
 * still be read with root's capabilities.
 */
const isReachable: Right = {
  right: "a checkout that other users can read",
  isGiven: () =>
    Bun.which("sh") !== null &&
    Bun.spawnSync([...become(NOBODY), "sh", "-c", '"$@"', "sh", ...programCommand(), "--version"]).success,
};

/** For tests that run the program as a user whom permissions bind. */
export const needsUser = isRoot ? needs("setpriv", isReachable) : needs(isReachable);

/** For tests with files of several users. */
export const needsRoot = needs("setpriv", toBeRoot, isReachable);

/** The program as a user whom permissions bind. */
export function asUser(uid = NOBODY): string[] {
  return [...become(uid), ...programCommand()];
}

function become(uid: number): string[] {
  return isRoot ? ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"] : [];
}

/** Makes a home that user's, with all that is in it. */
export function give(here: Home, uid = NOBODY): void {
  if (!isRoot) return;
  chownSync(here.path, uid, uid);
  for (const name of readdirSync(here.path, { recursive: true, encoding: "utf8" }))
    lchownSync(join(here.path, name), uid, uid);
}
