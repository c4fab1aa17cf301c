import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { home } from "../../support/bin.ts";
import { afterSweep } from "../../support/canaries.ts";
import type { Home } from "../../support/home.ts";
import { needs, type Right } from "../../support/needs.ts";
import { programCommand } from "../../support/program.ts";

/** Mounting needs privileges that not every machine gives. The mount of this probe is over at once. */
const mayMount: Right = {
  right: "permission to mount",
  isGiven: () => Bun.spawnSync(["unshare", "-m", "mount", "-t", "tmpfs", "none", tmpdir()]).success,
};

/** For tests with mounts of their own. */
export const needsMount = needs("unshare", "nsenter", "mount", mayMount);

/** The program by a shell script in which `"$@"` is it with its arguments. */
export function inShell(script: string, ...before: string[]): string[] {
  return [...before, "sh", "-c", script, "sh", ...programCommand()];
}

/** Runs the script in its own mount namespace, which ends with it. */
export function amongMounts(script: string): string[] {
  return inShell(script, "unshare", "-m");
}

export interface Disk {
  home: Home;
  /** The program where `home.bentoml` is the disk. */
  command: string[];
  /** Where the disk is to be seen from here. */
  root: string;
  /** Leaves room for this many pages of 4 KiB. */
  fill(pages: number): void;
  /** Leaves room for this many files. */
  crowd(files: number): void;
  /** Takes away what filled it. */
  clear(): void;
}

const PAGE = 4096;

/** A small disk of its own for one home, which is gone with the process that holds it. */
export async function smallDisk(): Promise<Disk> {
  const here = home();
  mkdirSync(here.bentoml);
  const mount = `mount -t tmpfs -o size=128k,nr_inodes=64,mode=755 none ${here.bentoml}`;
  const script = `${mount} && echo mounted && exec sleep 600`;
  const holder = Bun.spawn(["unshare", "-m", "sh", "-c", script], { stdout: "pipe", stderr: "inherit" });
  afterSweep(() => holder.kill("SIGKILL"));
  await holder.stdout.getReader().read();
  const root = join(`/proc/${holder.pid}/root`, here.bentoml);
  const filler = join(root, "filler");
  return {
    home: here,
    command: ["nsenter", `--mount=/proc/${holder.pid}/ns/mnt`, ...programCommand()],
    root,
    fill(pages) {
      let size = 0;
      untilFull(() => {
        writeFileSync(filler, Buffer.alloc(PAGE), { flag: "a" });
        size += PAGE;
      });
      truncateSync(filler, size - pages * PAGE);
    },
    crowd(files) {
      let count = 0;
      untilFull(() => writeFileSync(`${filler}${(count += 1)}`, ""));
      for (; files > 0; files -= 1) rmSync(`${filler}${(count -= 1)}`);
    },
    clear() {
      for (const name of readdirSync(root)) if (name.startsWith("filler")) rmSync(join(root, name));
    },
  };
}

function untilFull(act: () => void): void {
  try {
    for (;;) act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
