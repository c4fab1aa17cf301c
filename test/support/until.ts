import { existsSync, readFileSync } from "node:fs";

const PATIENCE_MS = 20_000;

/** Asks again and again until the answer is true; throws with the words of `what` after 20 seconds. */
export async function until(what: string, isMet: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await isMet())) {
    if (Date.now() > deadline) throw new Error(`waited ${PATIENCE_MS / 1000} s in vain: ${what}`);
    await Bun.sleep(5);
  }
}

/** The text that another process writes into a file. A file that a shell made is empty at first, so its line end is waited for. */
export async function lineWrittenTo(path: string): Promise<string> {
  await until(`a line in ${path}`, () => existsSync(path) && readFileSync(path, "utf8").endsWith("\n"));
  return readFileSync(path, "utf8");
}
