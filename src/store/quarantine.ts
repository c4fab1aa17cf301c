import { createFile } from "../system/create.ts";
import type { FileText } from "../system/files.ts";

/** Copies a file that is no contexts file beside itself, so that another can take its place. Gives the copy's path. */
export function setAside(target: string, raw: FileText): string {
  const path = `${target}.broken-${new Date().toISOString().replaceAll(":", "-")}`;
  createFile(path, raw.bytes, { mode: 0o600, owner: raw, durable: true });
  return path;
}
