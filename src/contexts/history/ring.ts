import { join } from "node:path";
import { ensurePrivateDirectory, isPrivateDirectory } from "../../system/create.ts";
import { discard, namesIn, readRegularFile } from "../../system/files.ts";
import { replaceFile, sweepTemporaries } from "../../system/replace.ts";

/**
 * What the contexts file was, under names that sort by age: whole earlier versions, and apart from them what other
 * programs took out of it, so that a busy day of our own does not push a loss out before anyone looked. Of each kind
 * the newest are kept.
 */
export type Kind = "version" | "lost";

const RINGS: Record<Kind, { folder: string; ending: string; size: number }> = {
  version: { folder: "backups", ending: "yaml", size: 10 },
  lost: { folder: "lost", ending: "json", size: 100 },
};

export interface Kept {
  /** Four hexadecimal digits, different for each that is kept now. */
  id: string;
  kind: Kind;
  time: Date;
  path: string;
}

const NAME = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3}Z)-([0-9a-f]{4})\.(?:yaml|json)$/;

export function backupsOf(own: string): string {
  return directoryOf(own, "version");
}

/**
 * Gives its ID; for a version, the newest one's when that says the same. A loss is always one of its own, because it
 * goes when it is brought back. For the holder of the store's lock only.
 */
export function keep(own: string, kind: Kind, text: string): string {
  const directory = directoryOf(own, kind);
  ensurePrivateDirectory(directory);
  const earlier = listKept(own, kind);
  const newest = earlier.at(-1);
  const isThere = kind === "version" && newest !== undefined && readKept(newest) === text;
  const id = isThere ? newest.id : add(own, kind, text, newest);
  for (const { path } of earlier.slice(0, (isThere ? 0 : 1) - RINGS[kind].size)) discard(path);
  return id;
}

function add(own: string, kind: Kind, text: string, newest: Kept | undefined): string {
  const directory = directoryOf(own, kind);
  const { id, name } = nameAfter(newest, new Set(listAll(own).map((kept) => kept.id)));
  // Under a temporary name first, so that one cut short is never taken for a version.
  const target = join(directory, `${name}.${RINGS[kind].ending}`);
  replaceFile({ target, text, mode: 0o600, stillValid: () => true });
  sweepTemporaries(directory, (name) => NAME.test(name));
  return id;
}

/** Oldest first. What has another name is not ours. */
export function listKept(own: string, kind: Kind): Kept[] {
  const directory = directoryOf(own, kind);
  if (!isPrivateDirectory(own)) return [];
  return namesIn(directory)
    .toSorted()
    .flatMap((name) => {
      const [, hour, minute, second, id] = NAME.exec(name) ?? [];
      const time = new Date(`${hour}:${minute}:${second}`);
      const isOurs = id !== undefined && name.endsWith(`.${RINGS[kind].ending}`);
      return isOurs && !Number.isNaN(time.getTime()) ? [{ id, kind, time, path: join(directory, name) }] : [];
    });
}

/** Both kinds together, oldest first. */
export function listAll(own: string): Kept[] {
  const all = [...listKept(own, "version"), ...listKept(own, "lost")];
  return all.toSorted((left, right) => left.time.getTime() - right.time.getTime());
}

const LARGEST = 64 * 1024 * 1024;

/** Undefined when it has left the ring meanwhile, or is no file that can be read. */
export function readKept({ path }: Kept): string | undefined {
  try {
    return readRegularFile(path, LARGEST)?.bytes.toString("utf8");
  } catch {
    return undefined;
  }
}

function directoryOf(own: string, kind: Kind): string {
  return join(own, RINGS[kind].folder);
}

/** The time is that of the clock, except that one which was set back does not make the newest look oldest. */
function nameAfter(newest: Kept | undefined, taken: ReadonlySet<string>): { id: string; name: string } {
  const time = Math.max(Date.now(), (newest?.time.getTime() || 0) + 1);
  const stamp = new Date(time).toISOString().replaceAll(":", "-");
  let id: string;
  do id = crypto.randomUUID().slice(0, 4);
  while (taken.has(id));
  return { id, name: `${stamp}-${id}` };
}
