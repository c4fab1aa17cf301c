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

/** A loss that was kept, with the versions from before and after it, oldest first. */
export interface KeptLoss {
  file: ContextsFile;
  before: readonly ContextsFile[];
  after: readonly ContextsFile[];
}

export function toKeptLoss(all: readonly LoadedVersion[], { file, time }: LoadedVersion): KeptLoss {
  const versions = all.filter(({ kind }) => kind === "version");
  return {
    file,
    before: versions.filter((version) => version.time < time).map((version) => version.file),
    after: versions.filter((version) => version.time > time).map((version) => version.file),
  };
}

/** The contexts of a loss that are missing from the file, or whose name stands for an older login there. */
export function stillLost(loss: KeptLoss, now: ContextsFile): Context[] {
  return loss.file.contexts.filter((context) => isLost(context, loss, now));
}

/**
 * An older login is one that stood under the name before the lost one did, and the one that took its place when it was
 * lost. Any other was made since, or was brought back, and is not to be replaced.
 */
function isLost(context: Context, { before, after: [found] }: KeptLoss, now: ContextsFile): boolean {
  const other = findContext(now.contexts, context.name);
  // An entry that cannot be read is still in the file.
  if (!other) return !problemWith(now, context.name);
  if (isSameLogin(context, other) || !hasLogin(before, other)) return false;
  return (
    firstWith(before, other) < firstWith(before, context) || (found !== undefined && hasLogin([found], other))
  );
}

/** The names of the contexts of a loss that have been lost ever since: a login, or a restore, settles a loss. */
export function namesLost(loss: KeptLoss, now: ContextsFile): string[] {
  const lost = loss.file.contexts.filter((context) =>
    [...loss.after, now].every((file) => isLost(context, loss, file)),
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
