import { spawn } from "node:child_process";

/** Waits for the end of its input, which comes when this process ends in whatever way, and then ends the program. */
const SCRIPT = 'read _; kill -TERM "$1" && sleep 2 && kill -KILL "$1"';

/** Ends a program when this process is killed. The result stops the watch. Windows has no such shell. */
export function endWithUs(pid: number | undefined): () => void {
  if (pid === undefined || process.platform === "win32") return () => {};
  // In a session of its own, so that a signal from the terminal does not end it.
  const watchdog = spawn("/bin/sh", ["-c", SCRIPT, "sh", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    env: {},
  });
  watchdog.on("error", () => {});
  watchdog.unref();
  return () => void watchdog.kill("SIGKILL");
}
