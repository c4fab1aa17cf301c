import { CliError } from "../errors.ts";
import { type Context, findContext, firstOfEachName } from "../contexts/context.ts";
import { discard, inspect, realTarget } from "../system/files.ts";
import { editContexts } from "../yaml/edit.ts";
import { type ContextsFile, problemWith, readContexts } from "../yaml/read.ts";
import { listNames } from "./compare.ts";
import { isHomeFile, type Paths } from "./home.ts";
import { type Snapshot, WRITER_SETTLE_MS } from "./snapshot.ts";
import { addLoss, isReverted, isSameLogin, loadOlder } from "./losses.ts";
import { withStoreLock } from "./store-lock.ts";
import type { StoreTools } from "./tools.ts";
import {
  addVersion,
  findBaseline,
  findLastValid,
  listVersions,
  loginsOf,
  overwriteVersion,
  parseVersion,
  readVersion,
  settleVersion,
} from "./versions.ts";

/**
 * What another program did to our logins. A context of the baseline that is missing from the file, or that has gone back
 * to an entry of an older version, is said once, with the command that brings it back. Nothing more is concluded, and
 * nothing is brought back unasked: whoever changed the file may have meant it.
 *
 * It is said once because whoever says it keeps the present file as a version, which is the next baseline.
 */
interface Found {
  missing: Context[];
  reverted: Context[];
  /** The current context of the baseline. */
  current: string;
}

/** For commands that only read: waits for no lock, and works where nothing can be written. */
export async function noticeLoss(tools: StoreTools, now: Snapshot): Promise<void> {
  const { paths, signal } = tools;
  const loss = now.isUnfinished ? undefined : await findLoss(paths, now.file);
  if (!loss) return;
  try {
    await withStoreLock(paths, { signal: signal(), waitMs: 0 }, async () => {
      const found = await tools.snapshot(WRITER_SETTLE_MS);
      if (!found.isUnfinished) await recordFound(tools, found);
      return true;
    });
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    // Another process of ours is writing: it says the same. A file that broke meanwhile is the next command's error.
    if (error.code === "LOCKED" || error.code === "CORRUPT") return;
    tools.alert(describeLoss(loss, paths, undefined));
  }
}

/**
 * Keeps the file as it was found, with what another program removed since the last write of ours. For the holder of the
 * store's lock only: every write of ours begins with it.
 */
export async function recordFound({ paths, alert }: StoreTools, { text, file }: Snapshot): Promise<void> {
  settlePending(paths.own, text);
  const baseline = findBaseline(listVersions(paths.own));
  const before = baseline && readVersion(baseline);
  if (before === text) return;
  const loss = await findLoss(paths, file);
  if (loss)
    alert(
      describeLoss(loss, paths, await addLoss(paths.own, [...loss.missing, ...loss.reverted], loss.current)),
    );
  const found = text ?? (await editContexts(undefined, []));
  if (baseline && before !== undefined && (await haveSameLogins(before, file)))
    overwriteVersion(baseline, found);
  else addVersion(paths.own, "version", { text: found, isDurable: true });
}

/** What a write that was killed left behind: it counts if the write was done. */
function settlePending(own: string, text: string | undefined): void {
  for (const version of listVersions(own)) {
    if (version.kind !== "pending") continue;
    if (readVersion(version) === text) settleVersion(version);
    else discard(version.path);
  }
}

/** Undefined when nothing is lost, and when nothing is known of this file. */
async function findLoss(paths: Paths, now: ContextsFile): Promise<Found | undefined> {
  // A file that is no home's may have writers whose versions we do not see.
  if (inspect(paths.file)?.isSymbolicLink() && !isHomeFile(realTarget(paths.file))) return undefined;
  const all = listVersions(paths.own);
  const baseline = findBaseline(all);
  const before = baseline && (await parseVersion(baseline));
  if (!before) return undefined;
  // Of a write that was killed nobody knows whether it was done, so what it would have removed is not lost.
  const pending = await Promise.all(all.filter(({ kind }) => kind === "pending").map(parseVersion));
  const contexts = [...firstOfEachName(before.contexts).values()].filter((context) =>
    pending.every((file) => !file || isSameLogin(context, findContext(file.contexts, context.name))),
  );
  // An entry that cannot be read stands in the file still.
  const missing = contexts.filter(({ name }) => !findContext(now.contexts, name) && !problemWith(now, name));
  const changed = contexts.filter((context) => {
    const other = findContext(now.contexts, context.name);
    return other !== undefined && !isSameLogin(context, other);
  });
  const older = changed.length > 0 ? await loadOlder(all, baseline) : [];
  const reverted = changed.filter((context) => isReverted(context, now, older));
  if (missing.length + reverted.length === 0) return undefined;
  return { missing, reverted, current: before.current.name };
}

async function haveSameLogins(text: string, { contexts }: ContextsFile): Promise<boolean> {
  const before = await readContexts(text).catch(() => undefined);
  return before !== undefined && loginsOf(before.contexts) === loginsOf(contexts);
}

function describeLoss({ missing, reverted }: Found, { file }: Paths, id: string | undefined): string {
  const parts: string[] = [];
  if (missing.length > 0)
    parts.push(`removed ${count(missing)} from ${file}: ${listNames(missing.map(({ name }) => name))}`);
  if (reverted.length > 0)
    parts.push(
      `put ${count(reverted)} in ${file} back to an older login: ${listNames(reverted.map(({ name }) => name))}`,
    );
  const them = missing.length + reverted.length === 1 ? "it" : "them";
  const remedy =
    id === undefined
      ? "`bentocloud restore`, where it can write, brings"
      : `\`bentocloud restore ${id}\` brings`;
  return `another program ${parts.join(", and ")}; ${remedy} ${them} back`;
}

function count(lost: readonly Context[]): string {
  return lost.length === 1 ? "1 context" : `${lost.length} contexts`;
}

/** The error of a file that cannot be read, with the version to bring back instead, where there is one. */
export async function adviseRestore(own: string, error: unknown): Promise<unknown> {
  if (!(error instanceof CliError) || error.code !== "CORRUPT") return error;
  const last = await findLastValid(own);
  if (!last) return error;
  return new CliError(error.code, error.message, {
    hint: `correct it, or run \`bentocloud restore ${last.version.id}\`, which puts it aside and brings back the last valid version`,
    cause: error,
  });
}
