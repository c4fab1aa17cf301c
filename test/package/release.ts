import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TARGETS } from "../../build/targets.ts";
import { checksumOf } from "../../scripts/package/checksums.ts";
import { writeRelease } from "../../scripts/package.ts";
import { programCommand } from "../support/program.ts";
import { isUnequipped } from "./equipped.ts";

/** 2026-01-01, in seconds. */
export const TIME = 1767225600;

/**
 * Makes a small `dist`: each binary is a script that names its target in a comment and runs the binary of this machine.
 */
export function makeDist(dist: string): void {
  const [binary] = programCommand("binary");
  for (const { name, exe } of TARGETS) {
    mkdirSync(join(dist, name), { recursive: true });
    writeFileSync(join(dist, name, exe), `#!/bin/sh\n# ${name}\nexec '${binary}' "$@"\n`);
    chmodSync(join(dist, name, exe), 0o755);
  }
  mkdirSync(join(dist, "lib"), { recursive: true });
  writeFileSync(join(dist, "lib/index.js"), "export const isLibrary = true;\n");
  writeFileSync(join(dist, "lib/index.d.ts"), "export const isLibrary: boolean;\n");
  writeFileSync(join(dist, "THIRD_PARTY_LICENSES"), "Everybody else's\n");
  writeFileSync(join(dist, "sbom.cdx.json"), '{"bomFormat":"CycloneDX"}\n');
}

export interface Release {
  /** The value for `BENTOCLOUD_RELEASES`. */
  readonly url: string;
  /** The paths that were requested. */
  readonly requests: string[];
  /** Serves other content until `restore()`; with undefined, the file is missing. */
  change(name: string, content: BodyInit | undefined): void;
  /** Puts something else into an archive until `restore()`, with the right checksum: a folder that is filled here. */
  repack(archive: string, fill: (folder: string) => void): void;
  read(name: string): string;
  /** The present text of checksums.txt. */
  checksum(name: string): string;
  restore(): void;
  stop(): void;
}

/** Serves a release of such binaries, under the paths of GitHub's release pages. */
export async function serveRelease(dist: string, tls?: { key: string; cert: string }): Promise<Release> {
  makeDist(dist);
  if (!isUnequipped) await writeRelease({ dist, time: TIME });
  const folder = join(dist, "release");
  const names = isUnequipped ? [] : readdirSync(folder);
  const files = new Map(names.map((name) => [name, readFileSync(join(folder, name))] as const));
  const changed = new Map<string, BodyInit | undefined>();
  const version = files.get("version.txt")?.toString().trim();
  const requests: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    ...(tls && { tls }),
    fetch(request) {
      const { pathname } = new URL(request.url);
      requests.push(pathname);
      const name = new RegExp(`^/releases/(?:latest/download|download/${version})/([^/]+)$`).exec(
        pathname,
      )?.[1];
      const body = changed.has(name ?? "") ? changed.get(name!) : files.get(name ?? "");
      return body === undefined ? new Response("Not Found", { status: 404 }) : new Response(body);
    },
  });
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${server.port}/releases`,
    requests,
    change: (name, content) => void changed.set(name, content),
    repack(archive, fill) {
      const parent = mkdtempSync(join(tmpdir(), "bentocloud-repack-"));
      fill(parent);
      const packed = Bun.spawnSync(["tar", "-czf", "-", "-C", parent, "bentocloud"]).stdout;
      rmSync(parent, { recursive: true });
      const checksum = createHash("sha256").update(packed).digest("hex");
      const checksums = files.get("checksums.txt")!.toString();
      changed.set(archive, new Uint8Array(packed));
      changed.set(
        "checksums.txt",
        checksums.replace(new RegExp(`^.*  ${archive}$`, "m"), `${checksum}  ${archive}`),
      );
    },
    checksum(name) {
      const text = String(changed.get("checksums.txt") ?? files.get("checksums.txt"));
      return checksumOf(text, name);
    },
    read: (name) => files.get(name)!.toString(),
    restore: () => changed.clear(),
    stop: () => void server.stop(true),
  };
}
