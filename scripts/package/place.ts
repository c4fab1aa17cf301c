import { chmodSync, copyFileSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A file of an archive or a package: where it stands in it, and where it comes from or what is in it. */
export type Placed = { path: string; executable?: boolean } & (
  | { from: string }
  | { content: string | Uint8Array }
);

/** Writes files below `root` so that neither the umask nor the clock of this machine shows in a package of them. */
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
  settle(root, time);
}

function settle(folder: string, time: number): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) settle(join(folder, entry.name), time);
  chmodSync(folder, 0o755);
  utimesSync(folder, time, time);
}
