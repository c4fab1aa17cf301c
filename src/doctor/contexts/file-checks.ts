import { dirname, join } from "node:path";
import { CliError } from "../../errors.ts";
import { quoteWord } from "../../system/text.ts";
import type { Paths } from "../../store/paths.ts";
import { listQuarantined } from "../../store/quarantine.ts";
import type { Store } from "../../store/store.ts";
import { findLastValid, versionsFolder } from "../../store/versions.ts";
import { narrow } from "../../system/create-file.ts";
import {
  inspect,
  inspectTarget,
  listDirectory,
  permissionsOf,
  realTarget,
  requireWritable,
} from "../../system/files.ts";
import { platform } from "../../system/runtime.ts";
import { isTrustedOwner } from "../../system/read-file.ts";
import { othersWithAccess } from "../../system/windows-access.ts";
import { attempt, type Check, fail, ok, toFinding, warn } from "../check.ts";
import { counted, list, open, secret, type Text, text } from "../report.ts";

const listPaths = (paths: readonly string[]): Text => list(paths.map((path) => secret("path", path)));

/** The directory of the contexts file. */
export const home: Check = {
  id: "home",
  async run({ store }) {
    const path = dirname(store.paths.file);
    const shown = secret("path", path);
    const stats = inspectTarget(path);
    const isWritable = await attempt(() => (requireWritable(path), true));
    if (!stats && !isWritable) return fail(text`${shown} does not exist and cannot be created`);
    if (!stats) return ok(text`${shown} does not exist yet; the first login creates it`);
    if (!stats.isDirectory()) return fail(text`${shown} is not a directory`);
    if (!isTrustedOwner(stats)) return warn(text`${shown} belongs to another user`);
    if (!isWritable) return warn(text`${shown} cannot be written: logins can be used, but not changed`);
    // In a sticky directory users cannot replace the files of others.
    const mode = permissionsOf(stats);
    if ((mode & 0o022) === 0 || (mode & 0o1000) !== 0) return ok(shown);
    const hint = text`chmod go-w ${secret("path", quoteWord(path))}`;
    return warn(text`other users can replace the files in ${shown}`, hint);
  },
};

/** Files and directories with tokens that other users can read or change. */
export const modes: Check = {
  id: "modes",
  async run({ store }) {
    const wide: string[] = [];
    const accounts = new Set<string>();
    for (const path of listStored(store.paths)) {
      const others = othersOf(path);
      if (!others) return warn(text`cannot tell who else can read the stored tokens`);
      if (others.length > 0) wide.push(path);
      for (const account of others) accounts.add(account);
    }
    if (wide.length === 0) return ok(text`only you can read the stored tokens`);
    const who = list(
      [...accounts].map((account) => (account === OTHERS ? open(OTHERS) : secret("account", account))),
    );
    return {
      ...warn(text`${who} can read or change ${listPaths(wide)}`),
      async repair() {
        for (const path of wide) narrow(path);
        return text`now only you can read or change ${listPaths(wide)}`;
      },
    };
  },
};

/** Accounts that a mode does not name. */
const OTHERS = "others";

/** The other accounts that can read or change a file. Undefined when its access list cannot be read. */
function othersOf(path: string): string[] | undefined {
  const stats = inspect(path);
  if (!stats || stats.isSymbolicLink()) return [];
  if (platform() === "win32") return othersWithAccess(path);
  return (permissionsOf(stats) & 0o077) === 0 ? [] : [OTHERS];
}

function listStored({ file, own }: Paths): string[] {
  const target = realTarget(file);
  const kept = [own, versionsFolder(own)].map((folder) =>
    listDirectory(folder).map((name) => join(folder, name)),
  );
  return [target, ...listQuarantined(target), own, ...kept.flat()];
}

/** Whether the contexts file can be read at all. */
export const file: Check = {
  id: "file",
  async run({ store }) {
    try {
      await store.read();
      return ok(secret("path", store.paths.file));
    } catch (error) {
      const finding = toFinding(error);
      const isCorrupt = error instanceof CliError && error.code === "CORRUPT";
      return isCorrupt ? { ...finding, repair: () => quarantine(store) } : finding;
    }
  },
};

async function quarantine(store: Store): Promise<Text> {
  const last = await findLastValid(store.paths.own);
  const { aside, file } = await store.replace();
  if (aside === undefined) return text`another program has repaired it meanwhile`;
  const count = file.contexts.length;
  const found =
    last === undefined
      ? text`no earlier version is known, so there are no contexts now`
      : text`restored the last valid version, with ${count === 0 ? open("no contexts") : counted(count, "context")}`;
  return text`moved it to ${secret("path", aside)}; ${found}`;
}
