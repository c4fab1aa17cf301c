import { chownSync, lchownSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../../support/home.ts";
import { programCommand } from "../../support/program.ts";

/** Permissions do not bind root, which gives itself up for these tests. */
export const isRoot = process.getuid?.() === 0;
export const canBeUser = !isRoot || Bun.which("setpriv") !== null;

const NOBODY = 65_534;

/** The program as a user whom permissions bind. */
export function asUser(uid = NOBODY): string[] {
  const drop = ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"];
  return isRoot ? [...drop, ...programCommand()] : programCommand();
}

/** Makes a home that user's, with all that is in it. */
export function give(here: Home, uid = NOBODY): void {
  if (!isRoot) return;
  chownSync(here.path, uid, uid);
  for (const name of readdirSync(here.path, { recursive: true, encoding: "utf8" }))
    lchownSync(join(here.path, name), uid, uid);
}
