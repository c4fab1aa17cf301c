import { existsSync, type FSWatcher, watch } from "node:fs";
import { codeOf } from "./storage-error.ts";

/** After this time the caller looks for what no event tells: an owner that has ended, and what other machines change. */
const LOOK_MS = 50;
/** Where nothing can be watched: a system has only so many watches. */
const POLL_MS = 10;

/**
 * Resolves to true as soon as the file has gone and nobody has made it again, and to false after a while. Rejects when it
 * is aborted.
 */
export async function waitForRemoval(path: string, leftMs: number, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const stop = () => resolve(false);
  let watcher: FSWatcher | undefined;
  let pauseMs = LOOK_MS;
  const listen = () => {
    watcher?.close();
    try {
      // Other events tell of the names that the file has had while it was made.
      watcher = watch(path, (event) => event === "rename" && (existsSync(path) ? listen() : resolve(true)));
      watcher.on("error", stop);
    } catch (error) {
      if (codeOf(error) === "ENOENT") resolve(true);
      else pauseMs = POLL_MS;
    }
  };
  listen();
  const timer = setTimeout(stop, Math.min(leftMs, pauseMs * (0.5 + Math.random())));
  signal.addEventListener("abort", stop, { once: true });
  const isFree = await promise;
  signal.removeEventListener("abort", stop);
  clearTimeout(timer);
  watcher?.close();
  signal.throwIfAborted();
  return isFree;
}
