import { existsSync } from "node:fs";
import { join } from "node:path";
import { bunCommand, denoCommand } from "./program.ts";

const NODES = join(import.meta.dirname, "../../.cache/nodes/node_modules");

/** Deno and the versions of Node need glibc. */
const isMusl = existsSync("/etc/alpine-release");

export interface Runtime {
  name: string;
  /** Runs a TypeScript file, with arguments behind it. */
  command(file: string): string[];
  /** `npm test` installs the versions of Node for Linux. */
  isMissing: boolean;
}

/** The runtimes that run TypeScript without a build. */
export const RUNTIMES: readonly Runtime[] = [
  { name: "bun", command: bunCommand, isMissing: false },
  { name: "deno", command: denoCommand, isMissing: isMusl },
  node(22),
  node(24),
];

function node(version: number): Runtime {
  const path = join(NODES, `node-${version}-${process.platform}-${process.arch}`, "bin/node");
  return { name: `node ${version}`, command: (file) => [path, file], isMissing: isMusl || !existsSync(path) };
}

export function isMissing(runtime: string): boolean {
  return RUNTIMES.some(({ name, isMissing }) => name === runtime && isMissing);
}
