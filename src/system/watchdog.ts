import { spawn } from "node:child_process";

/** Reads whom to watch, then waits for the end of its input, which comes when this process ends in whatever way. */
const SCRIPT = 'read -r pid || exit; read -r _; kill -TERM "$pid" && sleep 2 && kill -KILL "$pid"';

/**
 * Ends a program when this process is killed. Started before the program, so that there is no moment at which nobody
 * watches. Windows has no such shell.
 */
export function startWatchdog() {
  if (process.platform === "win32") return { watch: (_pid: number | undefined) => {}, stop: () => {} };
  // In a session of its own, so that a signal from the terminal does not end it.
  const shell = spawn("/bin/sh", ["-c", SCRIPT], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    env: {},
  });
  shell.on("error", () => {});
  shell.stdin.on("error", () => {});
  shell.unref();
  return {
    watch: (pid: number | undefined) => void (pid !== undefined && shell.stdin.write(`${pid}\n`)),
    stop: () => void shell.kill("SIGKILL"),
  };
}
