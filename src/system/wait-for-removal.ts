import { existsSync, type FSWatcher, watch } from "node:fs";
import { codeOf } from "./storage-error.ts";

/** After this time the caller looks for what no event tells: an owner that has ended, and what other machines change. */
const LOOK_MS = 50;
/** Where nothing can be watched: a system has only so many watches. */
const POLL_MS = 10;

interface Wait {
  leftMs: number;
  signal: AbortSignal;
  /** Whether another process was faster last time. */
  isLate: boolean;
}

/**
 * Resolves to true when the file has gone and nobody has made it again, and to false after a while. Rejects when it is
 * aborted. Whoever was late does not watch for a moment, so that one removal does not wake everybody.
 */
export async function waitForRemoval(path: string, { leftMs, signal, isLate }: Wait): Promise<boolean> {
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const stop = () => resolve(false);
  let watcher: FSWatcher | undefined;
  let pause: NodeJS.Timeout | undefined;
  let lookMs = LOOK_MS;
  const listen = () => {
    try {
      // Other events tell of the names that the file has had while it was made.
      watcher = watch(path, (event) => event === "rename" && (existsSync(path) ? rest() : resolve(true)));
      watcher.on("error", stop);
    } catch (error) {
      if (codeOf(error) === "ENOENT") resolve(true);
      else lookMs = POLL_MS;
    }
  };
  const rest = () => {
    watcher?.close();
    pause = setTimeout(listen, 10 + Math.random() * 30);
  };
  (isLate ? rest : listen)();
  const timer = setTimeout(stop, Math.min(leftMs, lookMs * (0.5 + Math.random())));
  signal.addEventListener("abort", stop, { once: true });
  const isFree = await promise;
  signal.removeEventListener("abort", stop);
  clearTimeout(timer);
  clearTimeout(pause);
  watcher?.close();
  signal.throwIfAborted();
  return isFree;
}
