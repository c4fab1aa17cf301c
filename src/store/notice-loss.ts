/**
 * What another program did to our logins. A context of the baseline that is missing from the file, or that has gone back
 * to an entry of an older version, is said once, with the command that brings it back. Nothing more is concluded, and
 * nothing is brought back unasked: whoever changed the file may have meant it.
 *
 * After the warning the file as it is now becomes the baseline, so that the next command sees no difference. A process
 * that is killed in between leaves the old baseline, and the next command says it again.
 */

import { CliError, withHint } from "../errors.ts";
import { type Context, findContext, firstOfEachName, isSameLogin } from "../contexts/context.ts";
import { discard, inspect, realTarget } from "../system/files.ts";
import { editContexts } from "../yaml/edit.ts";
import { type ContextsFile, problemWith } from "../yaml/read.ts";
import { counted, listNames } from "../system/text.ts";
import { isHomeFile, type Paths } from "./paths.ts";
import { type Snapshot, WRITER_SETTLE_MS } from "./snapshot.ts";
import { addLoss, hasLogin, versionsIn } from "./losses.ts";
import { withStoreLock } from "./store-lock.ts";
import type { StoreTools } from "./tools.ts";
import {
  addVersion,
  findBaseline,
  findLastValid,
  listVersions,
  type LoadedVersion,
  loadVersions,
  versionKey,
  overwriteVersion,
  parseVersion,
  readVersion,
  settleVersion,
  type Version,
} from "./versions.ts";

interface LossReport {
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
    // Another process of ours is writing and will report the loss. A file that broke meanwhile is the next command's error.
    if (error.code === "LOCKED" || error.code === "CORRUPT") return;
    // Without the lock, another process of ours may have written after the file was read and before its versions were.
    const again = await findLoss(paths, (await tools.snapshot()).file);
    if (again) sayLoss(tools, again);
  }
}

/**
 * Keeps the file as it was found, with what another program removed since the last write of ours. For the holder of the
 * store's lock only: every write of ours begins with it.
 */
export async function recordFound(tools: StoreTools, found: Snapshot): Promise<void> {
  const { own } = tools.paths;
  // A killed write left its version pending. Keep it if the file has the same text; otherwise discard it.
  const all = listVersions(own);
  const pending = all.filter(({ kind }) => kind === "pending");
  for (const version of pending) if (readVersion(version) === found.text) settleVersion(own, version);
  await keepFound(tools, found, pending.length === 0 ? all : listVersions(own));
  for (const { path } of pending) discard(path);
}

async function keepFound(
  tools: StoreTools,
  { text, file }: Snapshot,
  versions: readonly Version[],
): Promise<void> {
  const { own } = tools.paths;
  const baseline = findBaseline(versions);
  if ((baseline && readVersion(baseline)) === text) return;
  const loss = await findLoss(tools.paths, file);
  if (loss) {
    const id = await addLoss(own, [...loss.missing, ...loss.reverted], loss.current);
    sayLoss(tools, loss, id);
  }
  const foundText = text ?? (await editContexts(undefined, [])).text;
  const before = baseline && (await parseVersion(baseline));
  if (before && versionKey(before.contexts) === versionKey(file.contexts))
    overwriteVersion(baseline, foundText);
  else addVersion(own, "version", foundText);
}

/** Undefined when nothing is lost, and when nothing is known of this file. */
async function findLoss(paths: Paths, now: ContextsFile): Promise<LossReport | undefined> {
  // Other homes may share a file that is linked to, and we do not see their versions: a difference proves nothing.
  if (inspect(paths.file)?.isSymbolicLink() && !isHomeFile(realTarget(paths.file))) return undefined;
  // All contexts are still in the file, under a key that has to be corrected.
  if (now.problems.some(({ hides }) => hides === "list")) return undefined;
  const all = listVersions(paths.own);
  const baseline = findBaseline(all);
  const before = baseline && (await parseVersion(baseline));
  if (!before) return undefined;
  // A pending version is of a write that was killed, perhaps after its rename: what it would have removed is not lost.
  const pending = await Promise.all(all.filter(({ kind }) => kind === "pending").map(parseVersion));
  const contexts = [...firstOfEachName(before.contexts).values()].filter((context) =>
    pending.every((file) => !file || isSameLogin(context, findContext(file.contexts, context.name))),
  );
  const present = firstOfEachName(now.contexts);
  // An entry that cannot be read is still in the file.
  const missing = contexts.filter(({ name }) => !present.has(name) && !problemWith(now, name));
  const changed = contexts.filter((context) => !isSameLogin(context, present.get(context.name)));
  const kept = changed.length > missing.length ? await loadVersions(paths.own) : [];
  const reverted = changed.filter((context) => {
    const other = present.get(context.name);
    return other && isOlder(other, context, kept);
  });
  if (missing.length + reverted.length === 0) return undefined;
  return { missing, reverted, current: before.current.name };
}

/**
 * Whether a version before the newest one has `login`. False if another program had put `newest` in the place of `login`:
 * that loss was reported, and now the lost login is back.
 */
function isOlder(login: Context, newest: Context, kept: readonly LoadedVersion[]): boolean {
  const last = kept.findLast(({ kind, file }) => kind === "version" && !hasLogin([file], newest));
  const cause = last && kept[kept.indexOf(last) + 1];
  const isBack = cause?.kind === "loss" && hasLogin([cause.file], login);
  return !isBack && hasLogin(versionsIn(kept).slice(0, -1), login);
}

/** `id` is undefined if the loss could not be kept. Later reads of this run find it again; `said` stops a second warning. */
function sayLoss({ alert, said, paths }: StoreTools, { missing, reverted }: LossReport, id?: string): void {
  const { file } = paths;
  const names = (lost: readonly Context[]) => listNames(lost.map(({ name }) => name));
  const parts = [
    missing.length > 0 && `removed ${counted(missing.length, "context")} from ${file}: ${names(missing)}`,
    reverted.length > 0 &&
      `put ${counted(reverted.length, "context")} in ${file} back to an older login: ${names(reverted)}`,
  ].filter((part) => part !== false);
  const loss = `another program ${parts.join(", and ")}`;
  const restore = id ? `\`bentocloud restore ${id}\`` : "`bentocloud restore`, where it can write,";
  const them = missing.length + reverted.length === 1 ? "it" : "them";
  const message = `${loss}; ${restore} brings ${them} back`;
  if (!said.has(id ? message : loss)) alert(message);
  said.add(loss).add(message);
}

/** The error of a file that cannot be read, with the version to bring back instead, where there is one. */
export async function adviseRestore(own: string, error: unknown): Promise<unknown> {
  if (!(error instanceof CliError) || error.code !== "CORRUPT") return error;
  const last = await findLastValid(own);
  if (!last) return error;
  return withHint(
    error,
    `correct it, or run \`bentocloud restore ${last.id}\`, which puts it aside and brings back the last valid version`,
  );
}
