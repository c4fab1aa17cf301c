/**
 * Everything of a release that needs nobody's permission: version, changelog and tag agree, all targets are built and
 * verified, everything is packaged. Says at the end what would be published, and publishes nothing.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { VERSION } from "./package/project.ts";
import { disagreements } from "./release/agree.ts";

const ROOT = join(import.meta.dir, "..");

const STEPS = [
  ["build.ts", "--all"],
  ["build/library.ts"],
  ["scripts/verify.ts"],
  ["scripts/package.ts"],
] as const;

function agree(tag: string | undefined): void {
  const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
  const found = disagreements({ version: VERSION, changelog, tag });
  if (found.length > 0) throw new Error(found.join("\n"));
}

function perform(step: readonly string[]): void {
  console.error(`\n— ${step.join(" ")}`);
  const { exitCode } = Bun.spawnSync([process.execPath, ...step], { cwd: ROOT, stdio: ["ignore", 2, 2] });
  if (exitCode !== 0) throw new Error(`${step.join(" ")} failed`);
}

function list(folder: string, title: string): void {
  console.log(`\n${title}`);
  for (const name of readdirSync(join(ROOT, folder)).toSorted()) {
    const stat = statSync(join(ROOT, folder, name));
    if (stat.isFile()) console.log(`  ${(stat.size / 1024 / 1024).toFixed(1).padStart(6)} MiB  ${name}`);
  }
}

try {
  const { values } = parseArgs({ options: { tag: { type: "string" } } });
  agree(values.tag);
  for (const step of STEPS) perform(step);
  list("dist/release", `Release page of v${VERSION}, with the Homebrew formula and the Scoop manifest:`);
  list("dist/npm", "npm, where the packages of the platforms go first:");
  console.log("\nNothing was published.");
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}
