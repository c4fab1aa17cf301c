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

const ROOT = join(import.meta.dir, "..");

/** The three places that name the version of a release. */
interface Claims {
  /** The version in package.json. */
  version: string;
  /** The text of CHANGELOG.md. */
  changelog: string;
  /** The tag of the release; undefined in a rehearsal. */
  tag: string | undefined;
}

/** One sentence for each disagreement. In a rehearsal the newest section of the changelog may still be `Unreleased`. */
export function disagreements({ version, changelog, tag }: Claims): string[] {
  const headings = [...changelog.matchAll(/^## \[?([^\]\s]+)/gm)].map(([, heading]) => heading);
  const found: string[] = [];
  if (!/^\d+\.\d+\.\d+(-[0-9A-Za-z.]+)?$/.test(version))
    found.push(`package.json has no version: ${version}`);
  if (tag !== undefined && tag !== `v${version}`)
    found.push(`the tag is ${tag}, and package.json says ${version}`);
  const isListed = headings.includes(version) || (tag === undefined && headings[0] === "Unreleased");
  if (!isListed) found.push(`CHANGELOG.md has no section for ${version}`);
  return found;
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

if (import.meta.main) {
  try {
    const { values, positionals } = parseArgs({
      options: { tag: { type: "string" } },
      allowPositionals: true,
    });
    const [half] = positionals;
    if (half !== undefined && !["build", "package"].includes(half))
      throw new Error(`unknown step ${half}; the steps are build and package`);
    requireAgreement(values.tag);
    if (half !== "package") {
      run("build.ts", "--all");
      run("build/library.ts");
    }
    if (half !== "build") {
      run("scripts/verify.ts", ...(values.tag === undefined ? [] : ["--signed"]));
      run("scripts/package.ts");
      run("scripts/verify/packages.ts");
      list("dist/release", `Release page of v${VERSION}, with the Homebrew formula and the Scoop manifest:`);
      list("dist/npm", "npm packages; those of the platforms are published first:");
    }
    if (values.tag === undefined && process.platform !== "darwin")
      console.log("\nThe programs for macOS are not signed: the release does that, on macOS.");
    console.log("\nNothing was published.");
  } catch (error) {
    console.error(`error: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
