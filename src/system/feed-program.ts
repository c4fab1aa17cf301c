import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { Execution } from "./child.ts";
import { startWatchdog } from "./watchdog.ts";

/**
 * Runs a program with a text on its standard input, and gives its exit code. What it prints goes to our standard error,
 * because standard output is for our own answer.
 */
export function feedProgram(file: string, { argv, env }: Execution, input: string): Promise<number> {
  const [name, ...args] = argv;
  return new Promise((resolve, reject) => {
    const watchdog = startWatchdog();
    const child = spawn(file, args, { argv0: name, env, stdio: ["pipe", 2, 2] });
    watchdog.watch(child.pid);
    child.once("error", (error) => {
      watchdog.stop();
      reject(error);
    });
    child.once("exit", (code, signal) => {
      watchdog.stop();
      resolve(code ?? 128 + (signal ? constants.signals[signal] : 0));
    });
    // It may end without reading.
    child.stdin?.on("error", () => {});
    child.stdin?.end(input);
  });
}
