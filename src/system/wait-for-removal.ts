import { type FSWatcher, watch } from "node:fs";
import { codeOf } from "./storage-error.ts";

/** Where nothing can be watched: a system has only so many watches. */
const POLL_MS = 10;

/** Resolves when the file was removed or renamed, and at the latest after `ms`. Rejects when it is aborted. */
export async function waitForRemoval(path: string, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<void>();
  let watcher: FSWatcher | undefined;
  let longest = ms;
  try {
    // Other events tell of the names that the file has had while it was made.
    watcher = watch(path, (event) => event === "rename" && resolve());
    watcher.on("error", () => resolve());
  } catch (error) {
    longest = codeOf(error) === "ENOENT" ? 0 : POLL_MS;
  }
  const timer = setTimeout(resolve, Math.min(ms, longest));
  const stop = () => resolve();
  signal.addEventListener("abort", stop, { once: true });
  await promise;
  signal.removeEventListener("abort", stop);
  clearTimeout(timer);
  watcher?.close();
  signal.throwIfAborted();
}
