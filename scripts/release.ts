/**
 * Makes everything that a release publishes, and publishes nothing.
 *
 *     bun scripts/release.ts [build | package] [--tag vX.Y.Z]
 *
 * Without a tag it is a rehearsal. The release itself runs the two halves on their own and signs the programs for macOS in
 * between, so with a tag `package` refuses programs that are not signed.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { VERSION } from "./package/project.ts";
import { disagreements } from "./release/agree.ts";

const ROOT = join(import.meta.dir, "..");

try {
  const { values, positionals } = parseArgs({
    options: { tag: { type: "string" } },
    allowPositionals: true,
  });
  const [half] = positionals;
  requireAgreement(values.tag);
  if (half !== "package") {
    run("build.ts", "--all");
    run("build/library.ts");
  }
  if (half !== "build") {
    run("scripts/verify.ts", ...(values.tag === undefined ? [] : ["--signed"]));
    run("scripts/package.ts");
    list("dist/release", `Release page of v${VERSION}, with the Homebrew formula and the Scoop manifest:`);
    list("dist/npm", "npm packages; those of the platforms are published first:");
  }
  console.log("\nNothing was published.");
} catch (error) {
  console.error(`error: ${(error as Error).message}`);
  process.exitCode = 1;
}

function requireAgreement(tag: string | undefined): void {
  const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
  const found = disagreements({ version: VERSION, changelog, tag });
  if (found.length > 0) throw new Error(found.join("\n"));
}

function run(...args: string[]): void {
  console.error(`\n— ${args.join(" ")}`);
  const { exitCode } = Bun.spawnSync([process.execPath, ...args], { cwd: ROOT, stdio: ["ignore", 2, 2] });
  if (exitCode !== 0) throw new Error(`${args.join(" ")} failed`);
}

function list(folder: string, title: string): void {
  console.log(`\n${title}`);
  for (const name of readdirSync(join(ROOT, folder)).toSorted()) {
    const stat = statSync(join(ROOT, folder, name));
    if (stat.isFile()) console.log(`  ${(stat.size / 1024 / 1024).toFixed(1).padStart(6)} MiB  ${name}`);
  }
}
