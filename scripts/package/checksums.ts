import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

export function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** In the format of `sha256sum`. */
export function renderChecksums(files: readonly string[]): string {
  return files
    .toSorted()
    .map((file) => `${sha256(file)}  ${basename(file)}\n`)
    .join("");
}

/** @throws Error for a file without a checksum, so that no formula and no manifest goes out without one. */
export function checksumOf(checksums: string, name: string): string {
  const lines = checksums.split("\n").map((line) => line.split("  "));
  const [checksum] = lines.find(([, file]) => file === name) ?? [];
  if (!checksum) throw new Error(`checksums.txt has no line for ${name}`);
  return checksum;
}
