import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { CliError } from "../errors.ts";
import { inspect, uninterrupted } from "./files.ts";
import { codeOf, storageError } from "./storage-error.ts";
import { userId } from "./runtime.ts";
import type * as access from "./windows-access.ts";

/**
 * What we make has its final mode before the first byte is in it, even where the umask takes bits away from the owner.
 * What root makes gets the owner of its directory, so that `sudo` never leaves a user with files that are not theirs.
 * Owner and mode are changed on the open descriptor, because a path may lead elsewhere a moment later.
 */
export interface Owner {
  uid: number;
  gid: number;
}

export interface NewFile {
  mode: number;
  /** Instead of the directory's. Only root can give. */
  owner?: Owner | undefined;
  /** Waits until it is on the disk. */
  durable?: boolean;
}

const isWindows = process.platform === "win32";

/** Windows has access lists in the place of modes. Other systems do not load what sets them. */
let accessLists: typeof access | undefined;

/** To be called on Windows before anything is written. */
export async function useAccessLists(): Promise<void> {
  accessLists = await import("./windows-access.ts");
}

/** Fails when something stands there, a dangling link too. */
export function createFile(
  path: string,
  content: string | Uint8Array,
  { mode, owner, durable = false }: NewFile,
): void {
  const descriptor = openSync(path, "wx", mode);
  try {
    const made = fstatSync(descriptor).mode & 0o777;
    if ((mode & ~made & 0o700) !== 0) fchmodSync(descriptor, made | (mode & 0o700));
    give(descriptor, owner ?? statSync(dirname(path)));
    if ((mode & 0o077) === 0) accessLists?.takeForOwner(path);
    writeAll(descriptor, typeof content === "string" ? Buffer.from(content) : content);
    if (durable) uninterrupted(() => fsyncSync(descriptor));
  } finally {
    closeSync(descriptor);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    const rest = bytes.subarray(written);
    written += uninterrupted(() => writeSync(descriptor, rest));
  }
}

const PRIVATE_MODE = 0o700;

/**
 * Makes a directory for its owner alone, with the parents that are missing, and narrows one that stands already.
 *
 * @throws CliError `STORAGE`
 */
export function ensurePrivateDirectory(path: string): void {
  requirePrivateDirectory(path);
  if (!existsSync(path)) makeDirectory(path);
  else if (accessLists?.othersWithAccess(path)?.length) takeDirectory(path);
  try {
    onDirectory(path, (descriptor) => {
      const stats = fstatSync(descriptor);
      requireUsable(path, whyNotPrivate(stats));
      give(descriptor, statSync(dirname(path)));
      const excess = stats.mode & 0o777 & ~PRIVATE_MODE;
      if (excess !== 0) fchmodSync(descriptor, stats.mode & 0o7777 & ~excess);
    });
  } catch (error) {
    throw storageError("write in", path, error);
  }
}

/** Makes a directory as other programs would, with the parents that are missing. */
export function ensureDirectory(path: string): void {
  mkdirSync(path, { recursive: true });
}

/** Takes away what others may do with a file or directory of ours. A link is left alone, and so is where it leads. */
export function narrow(path: string): void {
  if (isWindows) return narrowOnWindows(path);
  try {
    const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      fchmodSync(descriptor, fstatSync(descriptor).mode & 0o7700);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw storageError("change the mode of", path, error);
  }
}

function takeDirectory(path: string): void {
  accessLists?.takeForOwner(path, { isDirectory: true });
}

function narrowOnWindows(path: string): void {
  const isDirectory = inspect(path)?.isDirectory() === true;
  if (!accessLists?.takeForOwner(path, { isDirectory }))
    throw new CliError("STORAGE", `the access list of ${path} cannot be changed`);
}

/**
 * Creates nothing.
 *
 * @throws CliError `STORAGE` when something other than a directory of this user's stands there. Root may use anybody's.
 */
export function requirePrivateDirectory(path: string): void {
  requireUsable(path, whyNotPrivate(inspect(path)));
}

/**
 * Whether {@link requirePrivateDirectory} accepts it.
 *
 * @throws CliError `STORAGE` where that cannot be told
 */
export function isPrivateDirectory(path: string): boolean {
  return whyNotPrivate(inspect(path)) === undefined;
}

function whyNotPrivate(stats: Stats | undefined): string | undefined {
  if (!stats) return undefined;
  if (stats.isSymbolicLink()) return "it is a symbolic link";
  if (!stats.isDirectory()) return "it is not a directory";
  const user = userId();
  const isOwn = user === undefined || user === 0 || user === stats.uid;
  return isOwn ? undefined : "it belongs to another user";
}

function requireUsable(path: string, reason: string | undefined): void {
  if (reason === undefined) return;
  throw new CliError("STORAGE", `cannot use ${path}: ${reason}`, {
    hint: "move it away; a directory is made in its place",
  });
}

/**
 * For its owner alone, because what is made for a home of contexts holds tokens. The umask is replaced meanwhile: one that
 * forbids the owner to open the new directory would leave only its path to change its mode by.
 */
function makeDirectory(path: string): void {
  const parent = dirname(path);
  if (!existsSync(parent)) makeDirectory(parent);
  const umask = process.umask(0o777 & ~PRIVATE_MODE);
  try {
    mkdirSync(path, { mode: PRIVATE_MODE });
    takeDirectory(path);
    onDirectory(path, (descriptor) => give(descriptor, statSync(parent)));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw storageError("write in", parent, error);
  } finally {
    process.umask(umask);
  }
}

/** Does nothing on Windows, where directories have neither modes nor descriptors. */
function onDirectory(path: string, act: (descriptor: number) => void): void {
  if (isWindows) return;
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    act(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function give(descriptor: number, owner: Owner): void {
  if (userId() !== 0) return;
  const { uid, gid } = fstatSync(descriptor);
  if (uid !== owner.uid || gid !== owner.gid) fchownSync(descriptor, owner.uid, owner.gid);
}
