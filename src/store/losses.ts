import { type Context, findContext, isSameLogin, tokenOf } from "../contexts/context.ts";
import { Token } from "../contexts/token.ts";
import { type Change, editContexts } from "../yaml/edit.ts";
import { type ContextsFile, problemWith } from "../yaml/read.ts";
import { addVersion, listVersions, type LoadedVersion, loadVersions, readVersion } from "./versions.ts";

/** Keeps contexts that another program removed, as a contexts file with those alone. Gives the ID for `restore`. */
export async function addLoss(own: string, contexts: readonly Context[], current: string): Promise<string> {
  const { text } = await editContexts(undefined, [
    ...contexts.map(putContext),
    { kind: "use", name: current },
  ]);
  const last = listVersions(own).at(-1);
  // An earlier command kept the loss, but failed before it kept the file as found.
  if (last?.kind === "loss" && readVersion(last) === text) return last.id;
  return addVersion(own, "loss", text).id;
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

/**
 * A context of a loss is still lost when nothing has its name, or when an older login has it: one that replaced it in
 * this very loss, or one that versions and losses show before it. Any other login was made or restored later, and stays.
 */
export function isLost(context: Context, { before, after }: KeptLoss, now: ContextsFile): boolean {
  const other = findContext(now.contexts, context.name);
  // An entry that cannot be read is still in the file.
  if (!other) return !problemWith(now, context.name);
  const earlier = before.map(({ file }) => file);
  if (isSameLogin(context, other) || !hasLogin(earlier, other)) return false;
  if (hasLogin(versionsIn(after).slice(0, 1), other)) return true;
  // If an earlier loss has `other`, and what was kept next has `context`, then another program once put `context` in the
  // place of `other`: `context` is the older one. What was kept next exists as long as a version from before that loss.
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

export function versionsIn(kept: readonly LoadedVersion[]): ContextsFile[] {
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
export async function listLosses(own: string, now: ContextsFile) {
  const all = await loadVersions(own);
  return all
    .toReversed()
    .filter(({ kind }) => kind === "loss")
    .map((loss) => ({ id: loss.id, contexts: namesLost(toKeptLoss(all, loss), now) }))
    .filter(({ contexts }) => contexts.length > 0);
}

/** Whether a login stands under its name in one of these files. */
export function hasLogin(files: readonly ContextsFile[], login: Context): boolean {
  return firstWith(files, login) !== -1;
}

function firstWith(files: readonly ContextsFile[], login: Context): number {
  return files.findIndex(({ contexts }) => isSameLogin(login, findContext(contexts, login.name)));
}
