import { join } from "node:path";

/** The beginnings of files whose content is compressed. */
const COMPRESSIONS: readonly (readonly [kind: string, beginning: string])[] = [
  ["a zip archive", "PK\u0003\u0004"],
  ["gzip", "\u001f\u008b"],
  ["bzip2", "BZh"],
  ["xz", "\u00fd7zXZ\0"],
  ["zstd", "\u0028\u00b5\u002f\u00fd"],
  ["a 7z archive", "7z\u00bc\u00af\u0027\u001c"],
  ["a rar archive", "Rar!\u001a\u0007"],
  ["an image", "\u0089PNG\r\n\u001a\n"],
  ["an image", "\u00ff\u00d8\u00ff"],
  ["a git bundle", "# v2 git bundle\n"],
  ["a git bundle", "# v3 git bundle\n"],
];

const FIRST_BYTES = new Set(COMPRESSIONS.map(([, beginning]) => beginning.charCodeAt(0)));
const LONGEST_BEGINNING = 16;

/** What kind of compressed content begins at this position; undefined for any other. */
export function compressionOf(bytes: Buffer, at: number, size: number): string | undefined {
  // The first byte is compared first: this is asked for each of a million objects.
  if (size === 0 || !FIRST_BYTES.has(bytes[at]!)) return undefined;
  const text = bytes.toString("latin1", at, at + Math.min(size, LONGEST_BEGINNING));
  return COMPRESSIONS.find(([, beginning]) => text.startsWith(beginning))?.[0];
}

const LFS_POINTER =
  /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\n/;
const LETTER_V = 0x76;
export const LARGEST_POINTER = 1024;

/** The SHA-256 of the content that a pointer of git-lfs at this position stands for; undefined for any other. */
export function lfsObjectOf(bytes: Buffer, at: number, size: number): string | undefined {
  if (bytes[at] !== LETTER_V || size > LARGEST_POINTER) return undefined;
  return LFS_POINTER.exec(bytes.toString("latin1", at, at + size))?.[1];
}

/** Where git-lfs keeps a content on this machine. */
export function lfsPath(commonDirectory: string, object: string): string {
  return join(commonDirectory, "lfs/objects", object.slice(0, 2), object.slice(2, 4), object);
}
