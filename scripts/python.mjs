import { spawnSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const VERSION = "1.4.38";

/** A Python of our own that has the real bentoml, made on first use. Returns its path. */
export function preparePython() {
  const venv = join(".cache", `bentoml-${VERSION}`);
  const python = join(venv, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const complete = join(venv, "complete");
  if (!existsSync(complete)) {
    console.error(`installing Python bentoml ${VERSION} into ${venv}`);
    rmSync(venv, { recursive: true, force: true });
    run(
      "python3",
      ["-m", "venv", venv],
      "install Python 3 with venv, on Debian: apt-get install python3-venv",
    );
    run(
      python,
      ["-m", "pip", "install", "--quiet", `bentoml==${VERSION}`],
      "see above what pip could not do",
    );
    writeFileSync(complete, "");
  }
  return join(process.cwd(), python);
}

function run(command, args, advice) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", 2, 2] });
  if (error || status !== 0) throw new Error(`${command} ${args.join(" ")} failed; ${advice}`);
}
