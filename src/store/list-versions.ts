import { CliError } from "../errors.ts";
import { type ContextsFile, readContexts } from "../yaml/read.ts";
import type { Store } from "./store.ts";
import { type Changes, compare } from "./compare.ts";
import type { Loss, LostContext } from "./recovery.ts";
import { type Kept, listAll, listKept, readKept } from "./versions.ts";

/** One line of what `restore` lists. */
export interface Version extends Pick<Kept, "id" | "kind" | "time"> {
  /** The names of its contexts; of a loss, those that were lost. */
  contexts: string[];
  /** What was done to it next; null for a loss, and where that cannot be told. */
  changes: Changes | null;
}

/** Newest first. */
export async function listVersions(store: Store): Promise<Version[]> {
  // The present file is what came after the newest version; when it is no contexts file, that cannot be told.
  let next = await store.read().catch(unlessCorrupt);
  const versions: Version[] = [];
  for (const kept of listAll(store.paths.own).toReversed()) {
    const { id, kind, time } = kept;
    if (kept.isBack) continue;
    if (kind === "lost") {
      const { missing, reverted } = readLoss(kept) ?? { missing: [], reverted: [] };
      versions.push({
        id,
        kind,
        time,
        contexts: [...missing, ...reverted].map(({ name }) => name),
        changes: null,
      });
      continue;
    }
    const file = await readContexts(readKept(kept) ?? "").catch(unlessCorrupt);
    if (!file) continue;
    versions.push({ id, kind, time, contexts: namesOf(file), changes: next ? compare(file, next) : null });
    next = file;
  }
  return versions;
}

export function findKept(store: Store, id: string): Kept {
  const kept = listAll(store.paths.own).find((one) => one.id === id.toLowerCase());
  if (kept) return kept;
  throw new CliError("NOT_FOUND", `there is no version ${id}`, {
    hint: "`bentocloud restore` lists the versions",
  });
}

/** Every context of every loss that is kept, brought back or not, from the oldest on. */
export function listLost(own: string): LostContext[] {
  return listKept(own, "lost").flatMap((kept) => {
    const loss = readLoss(kept);
    return loss ? [...loss.missing, ...loss.reverted] : [];
  });
}

/** Undefined when it cannot be read, or is something else that somebody put in its place. */
export function readLoss(kept: Kept): Loss | undefined {
  try {
    const { missing, reverted, current } = JSON.parse(readKept(kept) ?? "") as Record<string, unknown>;
    return isListOfLost(missing) && isListOfLost(reverted) && typeof current === "string"
      ? { missing, reverted, current }
      : undefined;
  } catch {
    return undefined;
  }
}

function isListOfLost(value: unknown): value is LostContext[] {
  return Array.isArray(value) && value.every(isLost);
}

function isLost(value: unknown): value is LostContext {
  if (typeof value !== "object" || value === null) return false;
  const { name, endpoint, api_token, email, instead } = value as Record<string, unknown>;
  const isText = (field: unknown) => typeof field === "string";
  return (
    [name, endpoint, api_token].every(isText) &&
    [email, instead].every((field) => field === null || isText(field))
  );
}

function namesOf({ contexts }: ContextsFile): string[] {
  return [...new Set(contexts.map(({ name }) => name))];
}

function unlessCorrupt(error: unknown): undefined {
  if (!(error instanceof CliError) || error.code !== "CORRUPT") throw error;
}
