import { changedAt } from "../system/files.ts";
import { CliError } from "../errors.ts";
import { Context, findContext, firstOfEachName, loginOf, tokenOf } from "../contexts/context.ts";
import { type ContextsFile, readContexts } from "../yaml/read.ts";
import type { Paths } from "./home.ts";
import type { ReadSnapshot, Snapshot } from "./snapshot.ts";
import type { StoreTools } from "./store.ts";
import { fingerprintOf, readState, recall } from "./state.ts";
import { lockOf, withTurn } from "./store-lock.ts";
import { listNames } from "./compare.ts";
import { readKnown, writeKnown } from "./known.ts";
import { isReplaced } from "./replaced.ts";
import { keep, listKept, readKept } from "./versions.ts";
import { keepLastWhole } from "./last-valid.ts";

/**
 * What another program took out of the contexts file. Python bentoml empties it when it reads in the middle of a write
 * of its own, and writes back what it read before a write of ours. Our next command notices, keeps what is lost where
 * `restore` finds it, and says so; it is said once, because the one that says it also makes the present state known.
 */
export interface Loss {
  missing: LostContext[];
  /** Contexts whose API token is again one that we had replaced. */
  reverted: LostContext[];
  /** The context that was current. */
  current: string;
}

export interface LostContext {
  name: string;
  endpoint: string;
  api_token: string;
  email: string | null;
  /** Ties a reverted context to the value it was put back to. */
  instead: string | null;
}

/** A lock that stands for longer was left behind by a process that cannot be seen from here. */
const ABANDONED_MS = 30_000;

/** For commands that only read: waits for nobody, and works where nothing can be written. */
export async function noticeLoss(tools: StoreTools): Promise<void> {
  const { paths, signal, snapshot } = tools;
  const suspected = await findLoss(paths, await whole(snapshot));
  if (!suspected) return;
  try {
    const turn = { signal: signal(), waitMs: 0 };
    await withTurn(paths, turn, async () => settleLoss(tools, await whole(snapshot)));
  } catch (error) {
    // Whoever writes just now notices as well, ours or not; and what cannot be kept now is said again.
    if (error instanceof CliError && error.code === "CORRUPT") return;
    const isBusy = error instanceof CliError && error.code === "LOCKED";
    if (isBusy && Date.now() - changedAt(lockOf(paths)) < ABANDONED_MS) return;
    tools.alert(describeLoss(suspected, paths, undefined));
  }
}

/** Undefined when the file may not be all there yet: Python, which is writing it, is not to be accused for that. */
async function whole(snapshot: ReadSnapshot): Promise<Snapshot | undefined> {
  const now = await snapshot();
  return now.isWhole ? now : undefined;
}

/** For the holder of the store's locks only, who is about to forget what was known. */
export async function settleLoss(tools: StoreTools, now: Snapshot | undefined): Promise<void> {
  const { paths } = tools;
  const loss = await findLoss(paths, now);
  if (!loss || !now) return;
  await keepLoss(tools, loss);
  try {
    writeKnown(paths, now.text);
  } catch {
    // Then it is said again. Better twice than never, which is also why it is said first.
  }
}

/** The same for one whose own change, of which nobody else knows, may be gone as well. */
export async function settleLate(tools: StoreTools, made: ContextsFile): Promise<void> {
  const { paths, snapshot } = tools;
  const now = await snapshot();
  await settleLoss(tools, now);
  const loss = await compareWith(paths, made, now.file);
  if (loss) await keepLoss(tools, loss);
  writeKnown(paths, now.text);
}

async function keepLoss({ paths, alert }: StoreTools, loss: Loss): Promise<void> {
  await keepLastWhole(paths);
  const id = keep(paths.own, "lost", JSON.stringify(loss, null, 2));
  alert(describeLoss(loss, paths, id));
}

/** Undefined when nothing is lost, and when nothing is known of this file. */
export async function findLoss(paths: Paths, now: Snapshot | undefined): Promise<Loss | undefined> {
  const text = readKnown(paths);
  if (!now || text === undefined || text === now.text) return undefined;
  const before = await readContexts(text).catch(() => undefined);
  return before && compareWith(paths, before, now.file);
}

async function compareWith(paths: Paths, before: ContextsFile, now: ContextsFile): Promise<Loss | undefined> {
  const present = firstOfEachName(now.contexts);
  const known = firstOfEachName(before.contexts);
  // A login under a name that was not there was renamed.
  const renamed = new Set(now.contexts.filter(({ name }) => !known.has(name)).map(loginOf));
  const missing: LostContext[] = [];
  const reverted: LostContext[] = [];
  for (const context of known.values()) {
    const other = present.get(context.name);
    if (!other && !renamed.has(loginOf(context))) missing.push(toLost(context, null));
    if (other && (await isReverted(paths.own, context, other)))
      reverted.push(toLost(context, fingerprintOf(other)));
  }
  if (missing.length + reverted.length === 0) return undefined;
  return { missing, reverted, current: before.current.name };
}

/** What of a loss is still not there, or is there as an older login that had been replaced. */
export function stillLost(own: string, { missing, reverted }: Loss, file: ContextsFile): LostContext[] {
  const here = firstOfEachName(file.contexts);
  return [...missing, ...reverted].filter((lost) => {
    const context = here.get(lost.name);
    if (!context) return true;
    const fingerprint = fingerprintOf(context);
    const isSame = context.endpoint === lost.endpoint && tokenOf(context)?.reveal() === lost.api_token;
    return !isSame && (fingerprint === lost.instead || isReplaced(own, fingerprint));
  });
}

export function toContext({ name, endpoint, email, api_token }: LostContext): Context {
  return new Context({ name, endpoint, email, apiToken: api_token, line: null });
}

function toLost(context: Context, instead: string | null): LostContext {
  const { name, endpoint, email } = context;
  return { name, endpoint, email, api_token: tokenOf(context)?.reveal() ?? "", instead };
}

/** Whether the token that stands there now is one that stood there before ours. */
async function isReverted(own: string, ours: Context, now: Context): Promise<boolean> {
  // The login we made last is none that it replaced.
  if (loginOf(ours) === loginOf(now) || recall(readState(own), now)) return false;
  if (isReplaced(own, fingerprintOf(now))) return true;
  const token = tokenOf(now)?.reveal() ?? "";
  for (const kept of listKept(own, "version").toReversed()) {
    const text = readKept(kept);
    if (token === "" || !text?.includes(token)) continue;
    const file = await readContexts(text).catch(() => undefined);
    const earlier = file && findContext(file.contexts, now.name);
    if (earlier && tokenOf(earlier)?.reveal() === token) return true;
  }
  return false;
}

function describeLoss({ missing, reverted }: Loss, { file }: Paths, id: string | undefined): string {
  const parts: string[] = [];
  if (missing.length > 0)
    parts.push(`removed ${count(missing)} from ${file}: ${listNames(namesOf(missing))}`);
  if (reverted.length > 0)
    parts.push(
      `put ${count(reverted)} in ${file} back to an older API token: ${listNames(namesOf(reverted))}`,
    );
  const them = missing.length + reverted.length === 1 ? "it" : "them";
  const remedy =
    id === undefined
      ? "`bentocloud restore`, where it can write, brings"
      : `\`bentocloud restore ${id}\` brings`;
  return `another program ${parts.join(", and ")}; ${remedy} ${them} back`;
}

function count(lost: readonly LostContext[]): string {
  return lost.length === 1 ? "1 context" : `${lost.length} contexts`;
}

function namesOf(lost: readonly LostContext[]): string[] {
  return lost.map(({ name }) => name);
}
