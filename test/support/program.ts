import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Home } from "./home.ts";
import { EXE, systemEnvironment } from "./posix.ts";

const CHECKOUT = fileURLToPath(new URL("../..", import.meta.url)).replace(/[\\/]$/, "");

/** The program under test as the beginning of a command line, chosen by BENTOCLOUD_RUNTIME. */
export function programCommand(runtime = process.env["BENTOCLOUD_RUNTIME"] || "binary"): string[] {
  const source = join(CHECKOUT, "src/main.ts");
  switch (runtime) {
    case "binary":
      return [builtBinary()];
    case "deno":
      return denoCommand(source);
    case "bun":
      return bunCommand(source);
    default:
      throw new Error(`BENTOCLOUD_RUNTIME must be binary, deno or bun, not ${runtime}`);
  }
}

/** Puts the program under test into a directory as `bentocloud`, for scripts that find it in `PATH`. */
export function linkProgram(directory: string): void {
  const path = join(directory, "bentocloud");
  const [program = "", ...words] = programCommand();
  mkdirSync(directory, { recursive: true });
  if (words.length === 0) return symlinkSync(program, path);
  writeFileSync(path, `#!/bin/sh\nexec '${[program, ...words].join("' '")}' "$@"\n`);
  chmodSync(path, 0o755);
}

/** `BENTOCLOUD_BINARY` names another one than the checkout's own, for example a release that was unpacked. */
function builtBinary(): string {
  const path = process.env["BENTOCLOUD_BINARY"] || join(CHECKOUT, `dist/bentocloud${EXE}`);
  if (!existsSync(path)) throw new Error(`${path} does not exist: run npm run build first`);
  return path;
}

/**
 * A deno.json in the working directory could replace our imports, hence `--no-config`; without a
 * configuration deno no longer looks into node_modules, hence the second option.
 */
export function denoCommand(source: string): string[] {
  const deno = join(CHECKOUT, "node_modules/.bin/deno");
  return [deno, "run", "--quiet", "-A", "--no-config", "--node-modules-dir=manual", source];
}

/** Switches off the files that Bun reads from the working directory, as the compiled binary does. */
export function bunCommand(source: string): string[] {
  const bun = join(CHECKOUT, "node_modules/.bin/bun");
  return [bun, "--no-env-file", "--config=/dev/null", "--no-install", source];
}

/**
 * The environment of a program under test. It inherits PATH alone: a `CI`, a proxy or a `BENTO_CLOUD_API_KEY` of the
 * person who runs the tests would change the results.
 */
export function cleanEnvironment(home: Home, extra: Record<string, string> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
    ...systemEnvironment(home.path),
    ...runtimeEnvironment(),
    ...extra,
  };
}

/** Caches that a runtime keeps below HOME unless told otherwise; they would stand in every `tree()`. */
export function runtimeEnvironment(runtime = process.env["BENTOCLOUD_RUNTIME"]): Record<string, string> {
  switch (runtime) {
    case "deno":
      return { DENO_DIR: join(tmpdir(), "bentocloud-deno-cache"), DENO_NO_UPDATE_CHECK: "1" };
    case "bun":
      return { BUN_RUNTIME_TRANSPILER_CACHE_PATH: "0" };
    default:
      return {};
  }
}
