/** Compiles the program into one file: for this machine, or for others. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { bundle, START, type Bundle } from "./build/bundle.ts";
import { baseOn, compile } from "./build/compile.ts";
import { signatureProblems } from "./build/macos.ts";
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
  throw new Error(`the build needs Bun ${manifest.devDependencies.bun}, and this is Bun ${Bun.version}`);
}
const commit = currentCommit();
if (values.all) await buildAll(TARGETS);
else if (values.target) await buildAll([targetNamed(values.target)]);
else await buildHere();

async function buildHere(): Promise<void> {
  const { chunks, maps } = await bundle({ base: baseOn(process.platform), commit });
  await compile(chunks, outfile);
  if (process.platform === "darwin") sign(outfile);
  keepMaps(maps, `${outfile}.maps`);
}

async function buildAll(targets: readonly Target[]): Promise<void> {
  // Targets whose programs look for their chunks in the same place share a bundle.
  const bundles = new Map<string, Bundle>();
  for (const target of targets) {
    const base = baseOn(target.os);
    if (!bundles.has(base)) {
      bundles.set(base, await bundle({ base, commit }));
      keepMaps(bundles.get(base)!.maps, target.os === "win32" ? "dist/maps-windows" : "dist/maps");
    }
    const file = join("dist", target.name, target.exe);
    await compile(bundles.get(base)!.chunks, file, await runtimeFor(target));
    const isSigned = target.os !== "darwin" || sign(file);
    console.error(
      isSigned ? file : `${file}: not signed; run \`codesign --force --sign - ${file}\` on macOS`,
    );
  }
  if (values.all) writeNotices([...bundles.values()][0]!.packages, commit);
}

/** Signs a program for macOS that needs it. False where that is not possible, which is everywhere but on macOS. */
function sign(file: string): boolean {
  if (signatureProblems(readFileSync(file)).length === 0) return true;
  if (process.platform !== "darwin") return false;
  const { status } = spawnSync("codesign", ["--force", "--sign", "-", file], { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`codesign failed on ${file}`);
  return true;
}

/** Keeps the source maps for `scripts/trace.ts`. In a stack trace the first chunk has the name of the program. */
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
