import { type Context, findContext, loginKey, tokenOf } from "../contexts/context.ts";
import { Token } from "../contexts/token.ts";
import { type Change, editContexts } from "../yaml/edit.ts";
import { type ContextsFile, problemWith } from "../yaml/read.ts";
import type { Loss } from "./tools.ts";
import { addVersion, listVersions, type LoadedVersion, loadVersions, readVersion } from "./versions.ts";

/** Keeps contexts that another program removed, as a contexts file with those alone. Gives the ID for `restore`. */
export async function addLoss(own: string, contexts: readonly Context[], current: string): Promise<string> {
  const text = await editContexts(undefined, [...contexts.map(putContext), { kind: "use", name: current }]);
  const last = listVersions(own).at(-1);
  // A command kept the loss, and failed before it could keep the file as it was found.
  if (last?.kind === "loss" && readVersion(last) === text) return last.id;
  return addVersion(own, "loss", { text, isDurable: true }).id;
}

export function putContext(context: Context): Change {
  const { name, endpoint, email } = context;
  return { kind: "put", name, endpoint: endpoint.reveal(), email, token: tokenOf(context) ?? new Token("") };
}

/** A loss that was kept, and what was kept before and after it, oldest first. */
export interface KeptLoss {
  file: ContextsFile;
  before: readonly LoadedVersion[];
  after: readonly LoadedVersion[];
}

export function toKeptLoss(all: readonly LoadedVersion[], loss: LoadedVersion): KeptLoss {
  const at = all.indexOf(loss);
  return { file: loss.file, before: all.slice(0, at), after: all.slice(at + 1) };
}

/** The contexts of a loss that are missing from the file, or whose name stands for an older login there. */
export function stillLost(loss: KeptLoss, now: ContextsFile): Context[] {
  return loss.file.contexts.filter((context) => isLost(context, loss, now));
}

/**
 * An older login is one that took the place of the lost one when that was lost, or that stood under the name before the
 * lost one did, as far as versions and losses reach back. Any other was made since, or was brought back, and stays.
 */
function isLost(context: Context, { before, after }: KeptLoss, now: ContextsFile): boolean {
  const other = findContext(now.contexts, context.name);
  // An entry that cannot be read is still in the file.
  if (!other) return !problemWith(now, context.name);
  const earlier = before.map(({ file }) => file);
  if (isSameLogin(context, other) || !hasLogin(earlier, other)) return false;
  if (hasLogin(versionsIn(after).slice(0, 1), other)) return true;
  // The lost one is the older of the two when another program put it in the other one's place. What it made of the file is
  // the version after that loss, which is there as long as one from before it is.
  const isReverted = before.some(({ kind, file }, at) => {
    const isOther = kind === "loss" && hasLogin([file], other);
    return (
      isOther &&
      versionsIn(before.slice(0, at)).length > 0 &&
      hasLogin(earlier.slice(at + 1, at + 2), context)
    );
  });
  return !isReverted && firstWith(earlier, other) < firstWith(earlier, context);
}

function versionsIn(kept: readonly LoadedVersion[]): ContextsFile[] {
  return kept.filter(({ kind }) => kind === "version").map(({ file }) => file);
}

/** The names of the contexts of a loss that have been lost ever since: a login, or a restore, settles a loss. */
export function namesLost(loss: KeptLoss, now: ContextsFile): string[] {
  const lost = loss.file.contexts.filter((context) =>
    [...versionsIn(loss.after), now].every((file) => isLost(context, loss, file)),
  );
  return lost.map(({ name }) => name);
}

/** Newest first: what another program removed and is still missing. */
export async function listLosses(own: string, now: ContextsFile): Promise<Loss[]> {
  const all = await loadVersions(own);
  const losses = all.filter(({ kind }) => kind === "loss").toReversed();
  return losses
    .map((loss) => ({ id: loss.id, contexts: namesLost(toKeptLoss(all, loss), now) }))
    .filter(({ contexts }) => contexts.length > 0);
}

export function isSameLogin(context: Context, other: Context | undefined): boolean {
  return other !== undefined && loginKey(context) === loginKey(other);
}

/** Whether a login stands under its name in one of these files. */
export function hasLogin(files: readonly ContextsFile[], login: Context): boolean {
  return firstWith(files, login) !== -1;
}

function firstWith(files: readonly ContextsFile[], login: Context): number {
  return files.findIndex(({ contexts }) => isSameLogin(login, findContext(contexts, login.name)));
}
