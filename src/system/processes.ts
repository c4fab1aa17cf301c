import { readFileSync, readlinkSync } from "node:fs";
import { codeOf, namesIn } from "./files.ts";

/** Whether there is certainly no process of this number here; one that may not be asked is taken for alive. */
export function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

const FOR_WRITING = 0o3;

/**
 * Whether another process has this file open for writing, as far as can be seen: on Linux, of the processes that this
 * user may look into. `path` is the real one.
 */
export function hasWriter(path: string): boolean {
  const others = namesIn("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid));
  return others.some((pid) =>
    namesIn(`/proc/${pid}/fd`).some(
      (descriptor) =>
        leadsTo(`/proc/${pid}/fd/${descriptor}`, path) && isWriting(`/proc/${pid}/fdinfo/${descriptor}`),
    ),
  );
}

function leadsTo(link: string, path: string): boolean {
  try {
    return readlinkSync(link) === path;
  } catch {
    return false;
  }
}

function isWriting(info: string): boolean {
  try {
    const flags = /^flags:\s*(\d+)$/m.exec(readFileSync(info, "utf8"))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & FOR_WRITING) !== 0;
  } catch {
    return false;
  }
}
