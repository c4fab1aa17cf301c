/**
 * Runs the tests on the program for Windows, under wine: all that wine can show, `--smoke` for one minute of them, or the
 * files whose path has one of the words.
 */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, globSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runtimeFor } from "../build/runtimes.ts";
import { targetNamed } from "../build/targets.ts";
import { type Limit, NOT_RUN, NOT_SHOWN } from "./windows/limits.ts";
import { installProgram, pathInPrefix, preparePrefix, runInPrefix } from "./windows/prefix.ts";
import { type Case, readCases } from "./windows/report.ts";

const REPORTS = resolve(import.meta.dir, "../.cache/reports/windows");
const SMOKE = ["test/commands/smoke.test.ts", "test/windows/access.test.ts", "test/windows/system.test.ts"];

const { values, positionals: words } = parseArgs({
  options: { smoke: { type: "boolean", default: false } },
  allowPositionals: true,
});
process.chdir(join(import.meta.dir, ".."));
preparePrefix();
const target = targetNamed(process.platform === "win32" ? `windows-${process.arch}` : "windows-x64");
const LIBRARY = resolve(REPORTS, "../../windows-library");
build("build.ts", "--target", target.name);
// Bun cannot do it under wine.
build("build/library.ts", "--outdir", LIBRARY);
const bun = installProgram((await runtimeFor(target)).executablePath, "bun.exe");
const program = installProgram(join("dist", target.name, target.exe), target.exe);
process.exitCode = report(runTests(values.smoke ? SMOKE : filesToRun())) ? 0 : 1;

function build(...script: string[]): void {
  const { status } = spawnSync(process.execPath, script, { stdio: ["ignore", 2, 2] });
  if (status !== 0) throw new Error(`the build failed: ${script.join(" ")}`);
}

function filesToRun(): string[] {
  const isRun = (file: string) => !NOT_RUN.some(({ files }) => files.some((start) => file.startsWith(start)));
  return globSync("test/**/*.test.ts")
    .filter((file) => (words.length === 0 ? isRun(file) : words.some((word) => file.includes(word))))
    .toSorted();
}

/** Folder by folder, so that a crash of Bun under wine costs the results of one alone. */
function runTests(files: string[]): Case[] {
  rmSync(REPORTS, { recursive: true, force: true });
  mkdirSync(REPORTS, { recursive: true });
  const folders = Map.groupBy(files, (file) => file.split("/")[1] ?? "");
  return [...folders].flatMap(([folder, inFolder]) => runFolder(folder, inFolder));
}

function runFolder(folder: string, files: string[]): Case[] {
  const started = performance.now();
  const report = join(REPORTS, `${folder}.xml`);
  // More than processors, because tests wait more than they compute.
  const options = [`--parallel=${2 * availableParallelism()}`, "--only-failures", "--timeout=60000"];
  const reporter = ["--reporter=junit", `--reporter-outfile=${pathInPrefix(report)}`];
  const environment = {
    BENTOCLOUD_BINARY: program,
    BENTOCLOUD_LIBRARY: pathInPrefix(LIBRARY),
    BENTOCLOUD_RUNTIME: "binary",
  };
  // All that Bun prints, also about failures that wine explains.
  const log = openSync(join(REPORTS, `${folder}.log`), "w");
  runInPrefix(bun, ["test", ...options, ...reporter, ...files.map((file) => `./${file}`)], environment, log);
  closeSync(log);
  const cases = existsSync(report) ? readCases(readFileSync(report, "utf8")) : [];
  const silent = files.filter((file) => !cases.some((one) => one.file === file));
  console.error(`${folder}: ${cases.length} tests in ${Math.round((performance.now() - started) / 1000)} s`);
  return cases.concat(
    silent.map((file) => ({ file, title: "", isSkipped: false, failure: "it ran no test" })),
  );
}

/** Prints what was not shown and why, the failures that nothing explains, and the numbers. True without such a failure. */
function report(cases: Case[]): boolean {
  const skipped = cases.filter(({ isSkipped }) => isSkipped);
  const broken = cases.filter(({ failure }) => failure !== undefined);
  const unexplained = broken.filter((one) => !explain(one));
  for (const limit of NOT_SHOWN) {
    const count = broken.filter((one) => explain(one) === limit).length;
    if (count > 0) console.error(`${count} not shown: ${limit.reason}`);
  }
  for (const { file, title, failure } of unexplained) console.error(`failed: ${file}: ${title}\n${failure}`);
  const passed = cases.length - skipped.length - broken.length;
  const notShown = `${broken.length - unexplained.length} not shown, ${skipped.length} skipped`;
  console.log(`${passed} passed, ${unexplained.length} failed, ${notShown}`);
  return unexplained.length === 0 && passed > 0;
}

function explain({ file, title, failure }: Case): Limit | undefined {
  return NOT_SHOWN.find(
    (limit) =>
      (limit.file === undefined || file.startsWith(limit.file)) &&
      (limit.title === undefined || limit.title.test(title)) &&
      (limit.failure === undefined || limit.failure.test(failure ?? "")),
  );
}
