/**
 * Runs a task of a fresh clone with Node alone: what is missing or out of date is installed and built first.
 * Progress goes to stderr, so that stdout has only what the task itself prints.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { countReport, describeMissing } from "./junit.mjs";
import { prepareNodes } from "./nodes.mjs";
import { prepareNewestPython, preparePython, prepareRecorder } from "./python.mjs";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

const BUN = "node_modules/bun/bin/bun.exe";
const BINARY = join("dist", process.platform === "win32" ? "bentocloud.exe" : "bentocloud");

/** More than processors, because tests wait more than they compute. */
const WORKERS = Math.min(2 * availableParallelism(), 16);

/** A pass runs the test files whose path begins with one of `paths`. */
const BINARY_PASS = { runtime: "binary", paths: ["test/"] };
/** From source under Deno, which proves that the sources need no Bun. */
const DENO_PASS = { runtime: "deno", paths: ["test/commands/"] };
/** Every command once, and each kind of answer from the network once. */
const DENO_SMOKE = {
  runtime: "deno",
  paths: ["test/commands/smoke.test.ts", "test/commands/json-errors.test.ts"],
};
/** Deno, and the versions of Node that tests install, need glibc. */
const IS_MUSL = existsSync("/etc/alpine-release");

/** In a mount namespace with the libraries of a musl system: the files in which the built program is run. */
const MUSL = `linux-${process.arch}-musl`;
const MUSL_PASS = {
  runtime: "binary",
  name: "musl",
  paths: ["auth", "binary", "cloud", "commands", "docs", "interop", "network", "resolve", "scan", "secrets"]
    .concat("store", "system", "yaml")
    .map((folder) => `test/${folder}/`),
  before: ["sh", "scripts/verify/with-libraries.sh", `.cache/sysroots/${MUSL}/lib`],
  env: { BENTOCLOUD_BINARY: resolve(`dist/${MUSL}/bentocloud`) },
};

const TASKS = {
  test: (words) => runTests([BINARY_PASS, DENO_SMOKE], words),
  "test:deno": (words) => runTests([DENO_PASS], words),
  "test:musl": testMusl,
  "test:newest": () => runTests([BINARY_PASS], ["test/interop/"], prepareNewestPython),
  "test:windows": (args) => runScript("scripts/windows.ts", args),
  demo: (args) => runScript("scripts/demo.ts", args, args.includes("--record") ? recorder() : {}),
  bench: (args) => runScript("scripts/bench.ts", args, { BENTOCLOUD_PYTHON: preparePython() }),
  soak: (args) => runScript("scripts/soak.ts", args, { BENTOCLOUD_PYTHON: preparePython() }),
  "verify:dist": (args) => runBun("scripts/verify.ts", args, { BENTOCLOUD_PYTHON: preparePython() }),
  // Only the other half looks at programs for macOS.
  "release:dry": (args) =>
    runBun("scripts/release.ts", args, args[0] === "build" ? {} : { BENTOCLOUD_PYTHON: preparePython() }),
};

function prepare() {
  installDependencies();
  const sources = ["src", "build", "build.ts", "package.json", "package-lock.json"];
  if (changedAt(BINARY) < Math.max(...sources.map(changedAt))) {
    console.error("building the binary");
    run(BUN, ["build.ts"]);
  }
}

function installDependencies() {
  if (changedAt("node_modules/.package-lock.json") < changedAt("package-lock.json")) {
    console.error("installing dependencies");
    run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
    // These two put their programs in place. No other dependency may run a script.
    run("npm", ["rebuild", "bun", ...(IS_MUSL ? [] : ["deno"])]);
  }
}

/** The time of the last change to a file, or to anything below a folder; 0 if it does not exist. */
function changedAt(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  const children = stat.isDirectory() ? readdirSync(path) : [];
  return Math.max(stat.mtimeMs, ...children.map((name) => changedAt(join(path, name))));
}

function run(command, args) {
  // On Windows npm is a script, which only a shell runs.
  const shell = process.platform === "win32" && command === "npm";
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", 2, 2], shell });
  if (error || status !== 0) throw new Error(`${command} ${args.join(" ")} failed`, { cause: error });
}

/** Runs a script that uses the built program. */
function runScript(script, args, environment = {}) {
  prepare();
  return runBun(script, args, environment);
}

function runBun(script, args, environment) {
  installDependencies();
  const env = { ...process.env, ...environment };
  return spawnSync(BUN, [script, ...args], { stdio: "inherit", env }).status ?? 1;
}

function recorder() {
  return { BENTOCLOUD_TERMTOSVG: prepareRecorder() };
}

/** Runs the files of each pass whose path has one of the words, or all when there are no words. */
function runTests(passes, words, python = preparePython) {
  prepare();
  if (!IS_MUSL) prepareNodes();
  const env = { ...process.env, BENTOCLOUD_PYTHON: python() };
  const counts = passes.map((pass) => {
    const files = testFiles().filter(
      (file) =>
        pass.paths.some((path) => file.startsWith(path)) &&
        (words.length === 0 || words.some((word) => file.includes(word))),
    );
    return runPass(pass, files, env);
  });
  const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
  for (const line of describeMissing(counts.flatMap(({ lacking }) => lacking))) console.error(line);
  const skipped = sum("skipped") > 0 ? `, ${sum("skipped")} skipped` : "";
  console.log(`${sum("passed")} passed, ${sum("failed")} failed${skipped}`);
  return sum("failed") > 0 || sum("passed") === 0 ? 1 : 0;
}

/**
 * A short session of each program first, which also unpacks the libraries; with `--smoke` nothing else. On a musl system the
 * program that is built there.
 */
function testMusl(args) {
  if (IS_MUSL) return runTests([{ ...MUSL_PASS, before: [], env: {} }], args);
  const isWell = runScript("scripts/musl.ts", [], { BENTOCLOUD_PYTHON: preparePython() }) === 0;
  if (!isWell || args.includes("--smoke")) return isWell ? 0 : 1;
  return runTests([MUSL_PASS], args);
}

function testFiles() {
  const names = readdirSync("test", { recursive: true }).map((name) => `test/${name.replaceAll("\\", "/")}`);
  return names.filter((name) => name.endsWith(".test.ts") && !isForWindows(name)).sort();
}

/** They run under wine, or on Windows itself. */
function isForWindows(name) {
  return process.platform !== "win32" && name.startsWith("test/windows/");
}

/** In worker processes, so that a file that crashes or exits is reported instead of ending the run unseen. */
function runPass({ runtime, name = runtime, before = [], env: own }, files, env) {
  const report = `.cache/reports/${name}.xml`;
  mkdirSync(".cache/reports", { recursive: true });
  rmSync(report, { force: true });
  if (files.length === 0) return countReport("", files);
  const options = [`--parallel=${WORKERS}`, "--only-failures", "--timeout=30000"];
  const reporter = ["--reporter=junit", `--reporter-outfile=${report}`];
  const paths = files.map((file) => `./${file}`);
  const [program, ...words] = [...before, BUN, "test", ...options, ...reporter, ...paths];
  const { status } = spawnSync(program, words, {
    stdio: ["ignore", 2, 2],
    env: { ...env, ...own, BENTOCLOUD_RUNTIME: runtime },
  });
  const counts = countReport(existsSync(report) ? readFileSync(report, "utf8") : "", files);
  for (const file of counts.silent) console.error(`${file} ran no test`);
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

const [name = "", ...args] = process.argv.slice(2);
try {
  if (!Object.hasOwn(TASKS, name))
    throw new Error(`usage: node scripts/run.mjs ${Object.keys(TASKS).join("|")}`);
  process.exitCode = TASKS[name](args);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
