import { dirname } from "node:path";
import { quoteWord } from "../../resolve/require.ts";
import { inspectTarget, permissionsOf, requireWritable } from "../../system/files.ts";
import { userId } from "../../system/runtime.ts";
import type { Check, Finding } from "../check.ts";

/** The folder that holds the contexts file. */
export const home: Check = {
  id: "home",
  async look(cli) {
    const path = dirname(cli.store.paths.file);
    const stats = inspectTarget(path);
    if (!stats) return whetherItCanBeMade(path);
    if (!stats.isDirectory()) return { status: "fail", message: `${path} is not a directory` };
    const user = userId();
    if (user !== undefined && user !== 0 && user !== stats.uid)
      return { status: "warn", message: `${path} belongs to another user` };
    if (!isWritable(path))
      return { status: "warn", message: `${path} cannot be written: logins can be used, but not changed` };
    // A sticky directory lets nobody replace another user's files.
    const mode = permissionsOf(stats);
    if ((mode & 0o022) !== 0 && (mode & 0o1000) === 0)
      return {
        status: "warn",
        message: `other users can replace the files in ${path}`,
        hint: `chmod go-w ${quoteWord(path)}`,
      };
    return { status: "ok", message: path };
  },
};

function whetherItCanBeMade(path: string): Finding {
  return isWritable(path)
    ? { status: "ok", message: `${path} is not there yet; the first login makes it` }
    : { status: "fail", message: `${path} is not there and cannot be made` };
}

function isWritable(path: string): boolean {
  try {
    requireWritable(path);
    return true;
  } catch {
    return false;
  }
}
