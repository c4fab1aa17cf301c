import { join } from "node:path";
import { ensurePrivateDirectory, isPrivateDirectory } from "../system/create.ts";
import { discard, moveFile, namesIn, readRegularFile } from "../system/files.ts";
import { replaceFile, sweepTemporaries } from "../system/replace.ts";

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
  /** A loss that was brought back: there is nothing to say of it any more, and it can still be asked for. */
  isBack: boolean;
}

const NAME = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3}Z)-([0-9a-f]{4})(\.back)?\.(?:yaml|json)$/;

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
      const [, hour, minute, second, id, back] = NAME.exec(name) ?? [];
      const time = new Date(`${hour}:${minute}:${second}`);
      const isOurs = id !== undefined && name.endsWith(`.${RINGS[kind].ending}`);
      if (!isOurs || Number.isNaN(time.getTime())) return [];
      return [{ id, kind, time, path: join(directory, name), isBack: back !== undefined }];
    });
}

/** Notes that a loss was brought back. */
export function markBack({ path, isBack }: Kept): void {
  if (!isBack) moveFile(path, path.replace(/\.json$/, ".back.json"));
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
