import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const LOCK = "test/interop/requirements.txt";
const OLD_PYYAML = "test/interop/old-pyyaml.txt";
const EXACT = ["--require-hashes", "--no-deps", "--only-binary=:all:"];

/** A Python with exactly the packages of the lock, made on first use. Returns the path of its interpreter. */
export function preparePython() {
  const version = readFileSync(LOCK, "utf8") + readFileSync(OLD_PYYAML, "utf8");
  return prepare(".cache/python", version, bentoml([...EXACT, "-r", LOCK]));
}

/** A Python with the newest packages of this moment, made anew each time. Returns the path of its interpreter. */
export function prepareNewestPython() {
  const newest = bentoml(["-r", "test/interop/requirements.in"]);
  return prepare(".cache/python-newest", String(Date.now()), newest);
}

/** Returns the path of termtosvg, which draws the recording of the demo. */
export function prepareRecorder() {
  const lock = "scripts/demo/requirements.txt";
  const python = prepare(".cache/termtosvg", readFileSync(lock, "utf8"), () => [[...EXACT, "-r", lock]]);
  return join(dirname(python), "termtosvg");
}

/** What pip is to install in which run. Tests that compare two versions of PyYAML put `old-pyyaml` first in PYTHONPATH. */
function bentoml(packages) {
  return (folder) => [packages, [...EXACT, "--target", join(folder, "old-pyyaml"), "-r", OLD_PYYAML]];
}

/** Makes a virtual environment, unless there is a working one of this version. */
function prepare(folder, version, installations) {
  const python = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const complete = join(folder, "complete");
  const isReady = existsSync(python) && existsSync(complete) && readFileSync(complete, "utf8") === version;
  if (!isReady) {
    console.error(`installing Python packages into ${folder}`);
    rmSync(folder, { recursive: true, force: true });
    run(
      "python3",
      ["-m", "venv", folder],
      "install Python 3.9 or newer with venv: apt-get install python3-venv",
    );
    for (const packages of installations(folder))
      run(
        python,
        ["-m", "pip", "install", "--quiet", ...packages],
        "pip says why above; Python must be 3.9 or newer",
      );
    writeFileSync(complete, version);
  }
  return join(process.cwd(), python);
}

function run(command, args, advice) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", 2, 2] });
  if (error || status !== 0) throw new Error(`${command} ${args.join(" ")} failed; ${advice}`);
}
