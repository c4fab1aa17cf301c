import { chmodSync, copyFileSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A file of an archive or a package: its path there, and the file it is copied from or its content. */
export type Placed = { path: string; executable?: boolean } & (
  | { from: string }
  | { content: string | Uint8Array }
);

/** Writes the files below `root` with modes and times that do not depend on this machine's umask and clock. */
export function place(root: string, files: readonly Placed[], time: number): void {
  mkdirSync(root, { recursive: true });
  for (const file of files) {
    const path = join(root, file.path);
    mkdirSync(dirname(path), { recursive: true });
    if ("from" in file) copyFileSync(file.from, path);
    else writeFileSync(path, file.content);
    chmodSync(path, file.executable ? 0o755 : 0o644);
    utimesSync(path, time, time);
  }
  normalize(root, time);
}

function normalize(folder: string, time: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) normalize(join(folder, entry.name), time);
  chmodSync(folder, 0o755);
  utimesSync(folder, time, time);
}
