import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TARGETS } from "../../build/targets.ts";
import { writeNpmPackages } from "../../scripts/package/npm.ts";
import { run } from "../../scripts/package/run.ts";
import { makeDist, TIME } from "./release.ts";

const MODULES = join(import.meta.dir, "../../node_modules");
/** The packages that the library imports. */
const DEPENDENCIES = ["ofetch", "destr", "node-fetch-native", "ufo"];

/** The target of this machine. */
export const HERE = TARGETS.find(
  ({ os, cpu, libc }) => os === process.platform && cpu === process.arch && libc !== "musl",
)!;

export interface Registry {
  readonly url: string;
  /** The packages whose tarballs were downloaded. */
  readonly fetched: string[];
  stop(): void;
}

/** Makes the packages of a release in a folder, and serves them with all that they depend on. */
export function serveRegistry(dist: string): Registry {
  makeDist(dist);
  writeNpmPackages({ dist, time: TIME });
  const folder = join(dist, "npm");
  const paths = DEPENDENCIES.map((name) => join(MODULES, name));
  run(["npm", "pack", "--silent", "--ignore-scripts", ...paths], { cwd: folder });
  const packages = new Map(
    readdirSync(folder)
      .filter((file) => file.endsWith(".tgz"))
      .map((file) => {
        const text = run(["tar", "-xzOf", join(folder, file), "package/package.json"]);
        const manifest = JSON.parse(text) as { name: string; version: string };
        return [manifest.name, { file, manifest }] as const;
      }),
  );
  const fetched: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch({ url }) {
      const { origin, pathname } = new URL(url);
      const path = decodeURIComponent(pathname.slice(1));
      const name = path.replace(/^tarball\//, "");
      const found = packages.get(name);
      if (!found) return new Response("{}", { status: 404 });
      const { file, manifest } = found;
      const content = readFileSync(join(folder, file));
      if (path !== name) {
        fetched.push(name);
        return new Response(content);
      }
      const integrity = `sha512-${createHash("sha512").update(content).digest("base64")}`;
      const version = { ...manifest, dist: { tarball: `${origin}/tarball/${name}`, integrity } };
      const versions = { [manifest.version]: version };
      return Response.json({ name, "dist-tags": { latest: manifest.version }, versions });
    },
  });
  return { url: `http://127.0.0.1:${server.port}/`, fetched, stop: () => void server.stop(true) };
}
