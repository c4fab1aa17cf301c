import { bringBack } from "../contexts/history/restore.ts";
import { listKept } from "../contexts/history/ring.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../system/cli.ts";
import type { Check } from "./check.ts";

/** Whether the contexts file can be read at all. */
export const file: Check = {
  id: "file",
  async look(cli) {
    const path = cli.store.paths.file;
    try {
      await cli.store.read();
      return { status: "ok", message: path };
    } catch (error) {
      if (!(error instanceof CliError) || error.code === "CANCELLED") throw error;
      const { message, hint, code } = error;
      const finding = { status: "fail", message, ...(hint && { hint }) } as const;
      return code === "CORRUPT" ? { ...finding, repair: () => putAside(cli) } : finding;
    }
  },
};

/** Puts the last whole version in its place; without one there are no contexts then, and the broken file still is. */
async function putAside({ store }: Cli): Promise<string> {
  const last = listKept(store.paths.own, "version").at(-1);
  const { aside } = last ? await bringBack(store, last) : await store.replace(undefined);
  const kept = aside === undefined ? "" : `; what could not be read is kept as ${aside}`;
  return last
    ? `brought back version ${last.id}${kept}`
    : `no earlier version is known, so there are no contexts now${kept}`;
}
