import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

export function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** As `sha256sum` writes and checks it. */
export function renderChecksums(files: readonly string[]): string {
  return files
    .toSorted()
    .map((file) => `${sha256(file)}  ${basename(file)}\n`)
    .join("");
}

/** @throws Error for a file that has no checksum: no formula and no manifest goes out without one. */
export function checksumOf(checksums: string, name: string): string {
  const found = checksums.split("\n").find((line) => line.slice(66) === name);
  if (!found) throw new Error(`checksums.txt has no line for ${name}`);
  return found.slice(0, 64);
}
