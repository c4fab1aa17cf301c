/**
 * Runs a task of a fresh clone, for which Node alone must be enough: what the task needs is installed and built
 * first, when it is missing or old. Talk goes to stderr; stdout carries what the task itself answers.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { countReport } from "./junit.mjs";
import { preparePython } from "./python.mjs";

const BUN = "node_modules/bun/bin/bun.exe";
const BINARY = join("dist", process.platform === "win32" ? "bentocloud.exe" : "bentocloud");
const REPORTS = ".cache/reports";
const TALK = ["ignore", 2, 2];

const TASKS = {
  demo: (args) => runScript("scripts/demo.ts", args),
  bench: (args) => runScript("scripts/bench.ts", args, whatPythonThereIs()),
  soak: (args) => runScript("scripts/soak.ts", args, { BENTOCLOUD_PYTHON: preparePython() }),
  test: (args) => runTests([testBinary, testDeno], args),
  "test:deno": (args) => runTests([testDeno], args),
};

function prepare() {
  install();
  build();
}

function install() {
  if (changedAt("node_modules/.package-lock.json") >= changedAt("package-lock.json")) return;
  console.error("installing dependencies");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  run(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    shell: process.platform === "win32",
  });
}

function build() {
  const sources = ["src", "build", "build.ts", "package.json", "package-lock.json"];
  if (changedAt(BINARY) >= Math.max(...sources.map(changedAt))) return;
  console.error("building the binary");
  run(BUN, ["build.ts"]);
}

/** When a file, or anything below a folder, last changed; 0 when there is none. */
function changedAt(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  const children = stat.isDirectory() ? readdirSync(path) : [];
  return Math.max(stat.mtimeMs, ...children.map((name) => changedAt(join(path, name))));
}

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: TALK, ...options });
  if (error || status !== 0) throw new Error(`${command} ${args.join(" ")} failed`, { cause: error });
}

function runScript(script, args, environment = {}) {
  prepare();
  const env = { ...process.env, ...environment };
  return spawnSync(BUN, [script, ...args], { stdio: "inherit", env }).status ?? 1;
}

/** For what goes without Python and says so. */
function whatPythonThereIs() {
  try {
    return { BENTOCLOUD_PYTHON: preparePython() };
  } catch (error) {
    console.error(error.message);
    return {};
  }
}

function runTests(parts, patterns) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  try {
    prepare();
    const env = { ...process.env, BENTOCLOUD_PYTHON: preparePython() };
    for (const part of parts) {
      const counts = part(patterns, env);
      for (const key of Object.keys(total)) total[key] += counts[key];
    }
  } catch (error) {
    console.error(error.message);
    total.failed += 1;
  }
  console.log(summary(total));
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

function testBinary(patterns, env) {
  return bunTest("binary", testFiles("test", patterns), { ...env, BENTOCLOUD_RUNTIME: "binary" });
}

/** The commands once more from source under Deno, which proves that the sources need no Bun. */
function testDeno(patterns, env) {
  return bunTest("deno", testFiles("test/commands", patterns), { ...env, BENTOCLOUD_RUNTIME: "deno" });
}

function testFiles(folder, patterns) {
  const names = existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
  const files = names.map((name) => join(folder, name).replaceAll("\\", "/")).sort();
  const matches = (file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern));
  return files.filter((file) => file.endsWith(".test.ts") && matches(file));
}

/** In worker processes, so that a file that crashes or exits is reported instead of ending the run unseen. */
function bunTest(name, files, env) {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: 0 };
  const report = `${REPORTS}/${name}.xml`;
  mkdirSync(REPORTS, { recursive: true });
  rmSync(report, { force: true });
  const options = ["--parallel", "--only-failures", "--timeout=30000"];
  const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
  const paths = files.map((file) => `./${file}`);
  const { status } = spawnSync(BUN, ["test", ...options, ...reporter, ...paths], { stdio: TALK, env });
  const counts = countReport(existsSync(report) ? readFileSync(report, "utf8") : "", files);
  for (const file of counts.silent) console.error(`${file} ran no test`);
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

function summary({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

const [name = "", ...args] = process.argv.slice(2);
process.chdir(fileURLToPath(new URL("..", import.meta.url)));
try {
  if (!Object.hasOwn(TASKS, name))
    throw new Error(`usage: node scripts/run.mjs ${Object.keys(TASKS).join("|")}`);
  process.exitCode = TASKS[name](args);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
