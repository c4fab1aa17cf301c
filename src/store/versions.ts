import { join } from "node:path";
import { type Context, loginKey } from "../contexts/context.ts";
import {
  ensurePrivateDirectory,
  isPrivateDirectory,
  requirePrivateDirectory,
} from "../system/create-file.ts";
import { discard, listDirectory, moveFile } from "../system/files.ts";
import { readOwnFile } from "../system/read-file.ts";
import { codeOf } from "../system/storage-error.ts";
import { CliError } from "../errors.ts";
import { replaceFile } from "../system/replace.ts";
import { type ContextsFile, readContexts } from "../yaml/read.ts";

/**
 * Versions of the contexts file, as each write of ours left it and as it found it, under names that sort by age. The
 * newest one is the baseline: what another program did is the difference between it and the file. Beside them stand the
 * losses: what another program removed, each as a contexts file with the removed contexts alone.
 *
 * A version of what a write will leave is `pending` until the write is done. A process that is killed in between leaves
 * a pending version; the next writer keeps it if the file says the same by then, and discards it if not.
 */
export type VersionKind = "version" | "pending" | "loss";

export interface Version {
  /** Four hexadecimal digits, different for each that is kept. */
  id: string;
  kind: VersionKind;
  time: Date;
  path: string;
}

const LIMITS: Record<VersionKind, number> = { version: 20, pending: 20, loss: 100 };
const NAME = /^(\d{4}-\d\d-\d\dT\d\d)-(\d\d)-(\d\d\.\d{3}Z)-([0-9a-f]{4})\.(version|pending|loss)\.yaml$/;

export function versionsFolder(own: string): string {
  return join(own, "versions");
}

/** @throws CliError `STORAGE` where an empty list would only mean that the versions cannot be seen. */
export function requireVersions(own: string): void {
  for (const directory of [own, versionsFolder(own)]) requirePrivateDirectory(directory);
  listDirectory(versionsFolder(own));
}

/**
 * Every kind, oldest first. Ignores directories that another user made, and files with other names. A directory that this
 * user may not read counts as empty, so that it stops no command that only reads; a write fails at its lock there.
 *
 * @throws CliError `STORAGE`
 */
export function listVersions(own: string): Version[] {
  const folder = versionsFolder(own);
  const versions: Version[] = [];
  for (const name of listNames(own, folder)) {
    const [, hour, minute, second, id = "", kind] = NAME.exec(name) ?? [];
    const time = new Date(`${hour}:${minute}:${second}`);
    if (Number.isNaN(time.getTime())) continue;
    versions.push({ id, kind: kind as VersionKind, time, path: join(folder, name) });
  }
  return versions;
}

function listNames(own: string, folder: string): string[] {
  try {
    return isPrivateDirectory(own) && isPrivateDirectory(folder) ? listDirectory(folder).toSorted() : [];
  } catch (error) {
    if (error instanceof CliError && codeOf(error.cause) === "EACCES") return [];
    throw error;
  }
}

/**
 * Undefined when it was removed meanwhile.
 *
 * @throws CliError `STORAGE` when it is no regular file of this user's.
 */
export function readVersion({ path }: Version): string | undefined {
  return readOwnFile(path)?.toString("utf8");
}

/** The version that the file is compared with. */
export function findBaseline(versions: readonly Version[]): Version | undefined {
  return versions.findLast(({ kind }) => kind === "version");
}

/** What the file said when we last left it; undefined when nothing is known of that. */
export function readBaseline(own: string): Buffer | undefined {
  const baseline = findBaseline(listVersions(own));
  return baseline && readOwnFile(baseline.path);
}

/** For the holder of the store's lock only. Waits until it is on the disk, except for a pending one. */
export function addVersion(own: string, kind: VersionKind, text: string): Version {
  const folder = versionsFolder(own);
  ensurePrivateDirectory(folder);
  const all = listVersions(own);
  const version = nameAfter(all, folder, kind);
  replaceFile({ target: version.path, text, mode: 0o600, durable: kind !== "pending" });
  discardOldest([...all, version], kind);
  return version;
}

/** Makes a pending version one of the versions. */
export function settleVersion(own: string, { path }: Version): void {
  moveFile(path, path.replace(".pending.", ".version."));
  discardOldest(listVersions(own), "version");
}

function discardOldest(all: readonly Version[], kind: VersionKind): void {
  const ofKind = all.filter((version) => version.kind === kind);
  for (const { path } of ofKind.slice(0, -LIMITS[kind])) discard(path);
}

/** Puts a text that has the same logins in the place of a version's. */
export function overwriteVersion({ path }: Version, text: string): void {
  replaceFile({ target: path, text, mode: 0o600, durable: false });
}

/** The time is that of the clock, except that a clock which was set back does not make the newest version look old. */
function nameAfter(all: readonly Version[], folder: string, kind: VersionKind): Version {
  const taken = new Set(all.map(({ id }) => id));
  const time = new Date(Math.max(Date.now(), (all.at(-1)?.time.getTime() ?? 0) + 1));
  let id: string;
  do id = crypto.randomUUID().slice(0, 4);
  while (taken.has(id));
  const name = `${time.toISOString().replaceAll(":", "-")}-${id}.${kind}.yaml`;
  return { id, kind, time, path: join(folder, name) };
}

/** Undefined for a version that cannot be read. */
export async function parseVersion(version: Version): Promise<ContextsFile | undefined> {
  const text = readVersion(version);
  return text === undefined ? undefined : readContexts(text).catch(() => undefined);
}

export interface LoadedVersion extends Version {
  file: ContextsFile;
}

/** Those that can be read, oldest first. */
export async function loadVersions(own: string): Promise<LoadedVersion[]> {
  const all = listVersions(own).map(async (version) => ({ ...version, file: await parseVersion(version) }));
  return (await Promise.all(all)).filter((version): version is LoadedVersion => version.file !== undefined);
}

/** The newest version that can be read. */
export async function findLastValid(own: string): Promise<LoadedVersion | undefined> {
  return (await loadVersions(own)).findLast(({ kind }) => kind === "version");
}

/** Files with equal keys share one version: a switch of the current context adds none. */
export function versionKey(contexts: readonly Context[]): string {
  return JSON.stringify(contexts.map((context) => [context.name, context.email, loginKey(context)]));
}
