import { dirname, join } from "node:path";
import { listDirectory } from "../system/files.ts";

/** Where a contexts file that cannot be read is kept, so that another can take its place; `time` tells several apart. */
export function quarantinePath(target: string, time: string): string {
  return `${target}.broken-${time}`;
}

export function listQuarantined(target: string): string[] {
  const folder = dirname(target);
  const paths = listDirectory(folder).map((name) => join(folder, name));
  return paths.filter((path) => path.startsWith(quarantinePath(target, "")));
}
