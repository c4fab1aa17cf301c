import { basename, dirname, join } from "node:path";
import { listNames } from "../../store/compare.ts";
import { withStoreLock } from "../../store/store-lock.ts";
import type { Paths } from "../../store/home.ts";
import { versionsFolder } from "../../store/versions.ts";
import { ROTATION_LOCK } from "../../tokens/journal.ts";
import { discard, realTarget } from "../../system/files.ts";
import { findAbandoned } from "../../system/lock.ts";
import { hasEnded } from "../../system/processes.ts";
import { findTemporaries } from "../../system/replace.ts";
import { type Check, counted } from "../check.ts";

/** What processes that were killed in the middle of a write left behind. */
export const leftovers: Check = {
  id: "leftovers",
  async look(cli) {
    const { paths } = cli.store;
    const found = leftoversOf(paths);
    if (found.length === 0) return { status: "ok", message: "nothing is left of interrupted writes" };
    return {
      status: "warn",
      message: `interrupted writes left ${listNames(found)}`,
      async repair() {
        // The lock, because a process that cannot be seen from here may be writing.
        await withStoreLock(paths, { signal: cli.signal, waitMs: 0 }, async () => {
          for (const path of found) discard(path);
          return true;
        });
        return `removed ${counted(found.length, "file")} of interrupted writes`;
      },
    };
  },
};

function leftoversOf({ file, own }: Paths): string[] {
  const target = realTarget(file);
  const beside = findTemporaries(dirname(target), (name, pid) => name === basename(target) && hasEnded(pid));
  const inside = [own, versionsFolder(own)].flatMap((folder) =>
    findTemporaries(folder, (_name, pid) => hasEnded(pid)),
  );
  return [...beside, ...inside, ...["lock", ROTATION_LOCK].flatMap((name) => findAbandoned(join(own, name)))];
}
