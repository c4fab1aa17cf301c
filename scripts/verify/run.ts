import { existsSync } from "node:fs";
import { join } from "node:path";
import { TARGETS, type Target } from "../../build/targets.ts";
import type { Runner } from "./smoke.ts";
import { gnuName, prepareSysroot } from "./sysroots.ts";

/** The command that runs a program of a target on this machine, if there is one. The table shows the note. */
export type Way = (Runner & { note: string }) | { note: string };

export function wayToRun(target: Target): Way {
  if (target === ownTarget()) return { command: [], isEmulated: false, note: "here" };
  if (target.os !== "linux")
    return { note: `not run: needs ${target.os === "darwin" ? "macOS" : "Windows"}` };
  if (process.platform !== "linux") return { note: "not run: needs Linux" };
  const isEmulated = target.cpu !== process.arch;
  const qemu = Bun.which(`qemu-${gnuName(target)}-static`);
  if (isEmulated && !qemu) return { note: "not run: needs qemu-user-static" };
  try {
    const root = prepareSysroot(target);
    if (isEmulated) return { command: [qemu!, "-L", root], isEmulated, note: "in qemu" };
    return { command: withLibraries(root), isEmulated, note: "with other libraries" };
  } catch (error) {
    return { note: `not run: ${(error as Error).message}` };
  }
}

/** The one whose program runs on this machine as it is. */
export function ownTarget(): Target | undefined {
  const libc = existsSync("/etc/alpine-release") ? "musl" : "glibc";
  return TARGETS.find(
    ({ os, cpu, libc: needed = libc }) => os === process.platform && cpu === process.arch && needed === libc,
  );
}

/** The beginning of a command line that runs a program with these libraries as those of the system. */
function withLibraries(root: string): string[] {
  return ["sh", join(import.meta.dir, "with-libraries.sh"), join(root, "lib")];
}
