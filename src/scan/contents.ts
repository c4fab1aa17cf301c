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

const LONGEST_BEGINNING = 16;

/** What kind of compressed content a file has, by its beginning; undefined for any other. */
export function compressionOf(beginning: Buffer): string | undefined {
  const text = beginning.toString("latin1", 0, Math.min(LONGEST_BEGINNING, beginning.length));
  return COMPRESSIONS.find(([, magic]) => text.startsWith(magic))?.[0];
}

const LFS_POINTER =
  /^version https:\/\/git-lfs\.github\.com\/spec\/v1\n(?:.*\n)*?oid sha256:([0-9a-f]{64})\n/;
export const LARGEST_POINTER = 1024;

/** The SHA-256 of the content that a pointer of git-lfs stands for; undefined for any other file. */
export function lfsObjectOf(content: Buffer): string | undefined {
  // The letter is compared first: this is asked for each of a million objects.
  if (content[0] !== 0x76 || content.length > LARGEST_POINTER) return undefined;
  return LFS_POINTER.exec(content.toString("latin1", 0, content.length))?.[1];
}

/** Where git-lfs keeps a content on this machine. */
export function lfsPath(commonDirectory: string, object: string): string {
  return join(commonDirectory, "lfs/objects", object.slice(0, 2), object.slice(2, 4), object);
}
