import { readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { hasEnded } from "./processes.ts";

/** Process, machine, boot and process-number space, and a word that no other acquisition has. */
export function describeOwner(): string {
  return JSON.stringify({ pid: process.pid, place: describePlace(), nonce: crypto.randomUUID() });
}

let place: string | undefined;

/** Two processes in the same place can see each other's process numbers. Linux alone has containers, and `/proc`. */
function describePlace(): string {
  if (process.platform !== "linux") return hostname();
  return (place ??= [hostname(), readSystem("/proc/sys/kernel/random/boot_id"), namespaceOf()].join("/"));
}

function namespaceOf(): string {
  const inode = statSync("/proc/self/ns/pid", { throwIfNoEntry: false })?.ino;
  return inode === undefined ? "" : String(inode);
}

function readSystem(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "";
  }
}

/** Only proof counts: an owner on another machine, or in another container, is taken for alive. */
export function isGone(owner: string): boolean {
  try {
    const { pid, place } = JSON.parse(owner) as { pid: unknown; place: unknown };
    return typeof pid === "number" && place === describePlace() && hasEnded(pid);
  } catch {
    return false;
  }
}
