import { type Context, findContext, loginOf, tokenOf } from "../contexts/context.ts";
import { Token } from "../contexts/token.ts";
import { editContexts } from "../yaml/edit.ts";
import type { ContextsFile } from "../yaml/read.ts";
import type { Loss } from "./tools.ts";
import { addVersion, listVersions, parseVersion, type Version } from "./versions.ts";

/** Keeps contexts that another program removed, as a contexts file with those alone. Gives the ID for `restore`. */
export async function addLoss(own: string, contexts: readonly Context[], current: string): Promise<string> {
  const puts = contexts.map((context) => {
    const { name, endpoint, email } = context;
    return { kind: "put", name, endpoint, email, token: tokenOf(context) ?? new Token("") } as const;
  });
  const text = await editContexts(undefined, [...puts, { kind: "use", name: current }]);
  return addVersion(own, "loss", { text, isDurable: true }).id;
}

/** A loss that was kept, with the versions from before it. */
export interface KeptLoss {
  contexts: readonly Context[];
  older: readonly ContextsFile[];
}

/** Undefined when it cannot be read. */
export async function loadLoss(own: string, loss: Version): Promise<KeptLoss | undefined> {
  const file = await parseVersion(loss);
  return file && { contexts: file.contexts, older: await loadOlder(listVersions(own), loss) };
}

/** The contexts of a loss that are still missing from the file, or still an older login there. */
export function stillLost({ contexts, older }: KeptLoss, now: ContextsFile): Context[] {
  return contexts.filter(
    (context) => !findContext(now.contexts, context.name) || isReverted(context, now, older),
  );
}

/** The versions from before one, as far as they can be read. */
export async function loadOlder(all: readonly Version[], { time }: Version): Promise<ContextsFile[]> {
  const older = all.filter((version) => version.kind === "version" && version.time < time);
  const files = await Promise.all(older.map(parseVersion));
  return files.filter((file) => file !== undefined);
}

/** Whether the name of a context stands for an older login now. */
export function isReverted(context: Context, now: ContextsFile, older: readonly ContextsFile[]): boolean {
  const other = findContext(now.contexts, context.name);
  if (!other || isSameLogin(context, other)) return false;
  return older.some((file) => isSameLogin(other, findContext(file.contexts, context.name)));
}

export function isSameLogin(context: Context, other: Context | undefined): boolean {
  return other !== undefined && loginOf(context) === loginOf(other);
}

/** Newest first: what another program removed and is still missing. */
export async function listLosses(own: string, now: ContextsFile): Promise<Loss[]> {
  const losses = listVersions(own).filter(({ kind }) => kind === "loss");
  const lost = await Promise.all(
    losses.toReversed().map(async (loss) => ({ id: loss.id, contexts: await namesLost(own, loss, now) })),
  );
  return lost.filter(({ contexts }) => contexts.length > 0);
}

/** The names of the contexts of a loss that are still lost. */
export async function namesLost(own: string, version: Version, now: ContextsFile): Promise<string[]> {
  const loss = await loadLoss(own, version);
  return loss ? stillLost(loss, now).map(({ name }) => name) : [];
}
