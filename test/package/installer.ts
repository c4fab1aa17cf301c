import { expect } from "bun:test";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type RunOptions, run } from "../support/bin.ts";
import type { Tool } from "../support/needs.ts";
import { type Machine, machine } from "./machine.ts";

export const SCRIPT = join(import.meta.dir, "../../scripts/install.sh");
export const ARCHIVE = "bentocloud-linux-x64.tar.gz";

/** Shells, each on a machine with one program that downloads; the last machine has only BusyBox. */
export const SHELLS = {
  dash: { tool: "dash", args: [], downloader: "curl" },
  bash: { tool: "bash", args: [], downloader: "wget" },
  "bash --posix": { tool: "bash", args: ["--posix"], downloader: "curl" },
  zsh: { tool: "zsh", args: [], downloader: "wget" },
  "zsh --emulate sh": { tool: "zsh", args: ["--emulate", "sh"], downloader: "curl" },
  ksh: { tool: "ksh", args: [], downloader: "wget" },
  mksh: { tool: "mksh", args: [], downloader: "curl" },
  "busybox ash": { tool: "busybox", args: ["ash"], downloader: "busybox" },
} satisfies Record<string, { tool: Tool; args: string[]; downloader: string }>;

export type Shell = keyof typeof SHELLS;
export const shells = Object.keys(SHELLS) as Shell[];

/** The beginning of a command line that runs a script in this shell. */
export function commandOf(shell: Shell): string[] {
  const { tool, args } = SHELLS[shell];
  return [Bun.which(tool)!, ...args];
}

/** A machine with Linux on x86_64 and glibc. */
export function linux(shell: Shell = "dash"): Machine & { downloader: string } {
  const busybox = SHELLS[shell].downloader === "busybox";
  const downloader = busybox ? "wget" : SHELLS[shell].downloader;
  const made = machine([downloader], { busybox });
  made.fake("uname", 'if [ "$1" = -m ]; then echo x86_64; else echo Linux; fi');
  made.fake("ldd", "echo 'ldd (GNU libc) 2.36'");
  return { ...made, downloader };
}

interface Install extends RunOptions {
  on: Machine;
  shell?: Shell;
}

export function install({ on, shell = "dash", env = {}, ...options }: Install) {
  return run([SCRIPT], {
    home: on.home,
    command: commandOf(shell),
    env: { PATH: on.bin, TMPDIR: temporary(on), ...env },
    ...options,
  });
}

/** A temporary folder with a blank in its name. */
export function temporary({ home }: Machine): string {
  const folder = join(home.path, "tmp dir");
  mkdirSync(folder, { recursive: true });
  return folder;
}

export function installed({ home }: Machine, path = ".local/bin/bentocloud"): string {
  return readFileSync(join(home.path, path), "utf8");
}

/** Nothing was installed, and no temporary file or folder is left. */
export function expectNothing({ home }: Machine): void {
  expect(readdirSync(home.path).filter((name) => name !== ".bin")).toEqual(["tmp dir"]);
  expect(readdirSync(join(home.path, "tmp dir"))).toEqual([]);
}

/** The last line on stderr. */
export function lastLine(stderr: string): string | undefined {
  return stderr.trimEnd().split("\n").at(-1);
}
