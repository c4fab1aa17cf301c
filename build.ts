/** Compiles the program into one file: for this machine, or for others. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundle, START, type Bundle } from "./build/bundle.ts";
import { baseOn, compile } from "./build/compile.ts";
import { signFile } from "./build/macos/sign.ts";
import { writeNotices } from "./build/notices.ts";
import { runtimeFor } from "./build/runtimes.ts";
import { TARGETS, targetNamed, type Target } from "./build/targets.ts";
import manifest from "./package.json" with { type: "json" };

const { values } = parseArgs({
  options: {
    outfile: { type: "string", default: "dist/bentocloud" },
    target: { type: "string" },
    all: { type: "boolean", default: false },
  },
});
const outfile = resolve(values.outfile);
process.chdir(import.meta.dir);
if (Bun.version !== manifest.devDependencies.bun) {
  throw new Error(`built with Bun ${manifest.devDependencies.bun} only, and this is Bun ${Bun.version}`);
}
const commit = currentCommit();
if (values.all) await buildAll(TARGETS);
else if (values.target) await buildAll([targetNamed(values.target)]);
else await buildHere();

async function buildHere(): Promise<void> {
  const { chunks, maps } = await bundle({ base: baseOn(process.platform), commit });
  await compile(chunks, outfile);
  keepMaps(maps, `${outfile}.maps`);
}

/** The chunks are the same for all systems that look for them in the same place. */
async function buildAll(targets: readonly Target[]): Promise<void> {
  const bundles = new Map<string, Bundle>();
  for (const target of targets) {
    const base = baseOn(target.os);
    if (!bundles.has(base)) {
      bundles.set(base, await bundle({ base, commit }));
      keepMaps(bundles.get(base)!.maps, target.os === "win32" ? "dist/maps-windows" : "dist/maps");
    }
    const file = join("dist", target.name, target.exe);
    await compile(bundles.get(base)!.chunks, file, await runtimeFor(target));
    if (target.os === "darwin") signFile(file);
    console.error(file);
  }
  if (values.all) writeNotices([...bundles.values()][0]!.packages, commit);
}

/** For `scripts/trace.ts`. In a stack trace the first chunk is called as the program is. */
function keepMaps(maps: Map<string, string>, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, map] of maps)
    writeFileSync(join(folder, `${name === START ? "bentocloud" : name}.map`), map);
}

function currentCommit(): string {
  const { status, stdout } = spawnSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : "unknown";
}
