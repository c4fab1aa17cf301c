import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { TARGETS } from "../../build/targets.ts";
import { writeRelease } from "../../scripts/package.ts";
import { programCommand } from "../support/program.ts";
import { isUnequipped } from "./equipped.ts";

/** 2026-01-01 */
export const TIME = 1767225600;

/**
 * A `dist` as the build leaves it, but for the size: in the place of each binary is a script that says which one it is,
 * and runs the one for this machine.
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
  /** What `BENTOCLOUD_RELEASES` takes. */
  readonly url: string;
  /** The paths that were asked for. */
  readonly requests: string[];
  /** Serves a file otherwise until `restore()`; not at all when undefined. */
  change(name: string, content: string | undefined): void;
  read(name: string): string;
  restore(): void;
  stop(): void;
}

/** A release of stand-ins, at the addresses where a release page has its files. */
export async function serveRelease(dist: string, tls?: { key: string; cert: string }): Promise<Release> {
  makeDist(dist);
  if (!isUnequipped) await writeRelease({ dist, time: TIME });
  const folder = join(dist, "release");
  const names = isUnequipped ? [] : readdirSync(folder);
  const files = new Map(names.map((name) => [name, readFileSync(join(folder, name))] as const));
  const changed = new Map<string, string | undefined>();
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
    read: (name) => files.get(name)!.toString(),
    restore: () => changed.clear(),
    stop: () => void server.stop(true),
  };
}
