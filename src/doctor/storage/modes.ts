import { basename, dirname, join } from "node:path";
import { narrow } from "../../system/create.ts";
import { inspect, namesIn, permissionsOf, realTarget } from "../../system/files.ts";
import { listNames } from "../../store/compare.ts";
import type { Paths } from "../../store/home.ts";
import { type Check, counted } from "../check.ts";

/** Files and directories with tokens in them that others can read or change. */
export const modes: Check = {
  id: "modes",
  async look(cli) {
    const wide = wideBelow(cli.store.paths);
    if (wide.length === 0) return { status: "ok", message: "only you can read what is stored" };
    return {
      status: "warn",
      message: `others can read or change ${listNames(wide)}`,
      async repair() {
        for (const path of wide) narrow(path);
        return `made ${counted(wide.length, "path")} yours alone: ${listNames(wide)}`;
      },
    };
  },
};

function wideBelow({ file, own }: Paths): string[] {
  const target = realTarget(file);
  const beside = namesIn(dirname(target)).filter((name) => name.startsWith(`${basename(target)}.broken-`));
  const folders = [own, join(own, "backups"), join(own, "lost")];
  const paths = [
    target,
    ...beside.map((name) => join(dirname(target), name)),
    ...folders,
    ...folders.flatMap((folder) => namesIn(folder).map((name) => join(folder, name))),
  ];
  return [...new Set(paths)].filter((path) => {
    const stats = inspect(path);
    return stats !== undefined && !stats.isSymbolicLink() && (permissionsOf(stats) & 0o077) !== 0;
  });
}
