import { join } from "node:path";
import { ensurePrivateDirectory } from "../system/create.ts";
import { discard, listDirectory } from "../system/files.ts";
import { replaceFile, sweepTemporaries } from "../system/replace.ts";

/** Earlier versions of the contexts file, under names that sort by age: a ring, of which the newest are kept. */
const BACKUPS_KEPT = 10;
const NAME = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3}Z)-[0-9a-f]{4}\.yaml$/;

export function backupsOf(own: string): string {
  return join(own, "backups");
}

/** For the holder of the store's lock only. */
export function keepBackup(own: string, text: string): void {
  const directory = backupsOf(own);
  ensurePrivateDirectory(directory);
  const earlier = listBackups(directory);
  const target = join(directory, nameAfter(earlier.at(-1)));
  // The version is copied under a temporary name first, so that one cut short is never taken for a backup.
  replaceFile({ target, text, mode: 0o600, stillValid: () => true });
  sweepTemporaries(directory, (name) => NAME.test(name));
  for (const name of earlier.slice(0, -(BACKUPS_KEPT - 1))) discard(join(directory, name));
}

/** Oldest first. What has another name is not ours. */
function listBackups(directory: string): string[] {
  return listDirectory(directory)
    .filter((name) => NAME.test(name))
    .toSorted();
}

/** The time is that of the clock, except that one which was set back does not make the newest look oldest. */
function nameAfter(newest: string | undefined): string {
  const time = Math.max(Date.now(), newest === undefined ? 0 : timeOf(newest) + 1);
  const stamp = new Date(time).toISOString().replaceAll(":", "-");
  return `${stamp}-${crypto.randomUUID().slice(0, 4)}.yaml`;
}

/** 0 for a date that does not exist. */
function timeOf(name: string): number {
  const [, hour, minute, second] = NAME.exec(name) ?? [];
  return Date.parse(`${hour}:${minute}:${second}`) || 0;
}
