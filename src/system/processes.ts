import { codeOf } from "./storage-error.ts";

/** Whether there is certainly no process of this number here; one that may not be asked is taken for alive. */
export function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return codeOf(error) === "ESRCH";
  }
}

export function ownPid(): number {
  return process.pid;
}
