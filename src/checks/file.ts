import { readKept } from "../contexts/history/ring.ts";
import { lastWhole } from "../contexts/history/whole.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../system/cli.ts";
import type { Check } from "./check.ts";

/** Whether the contexts file can be read at all. */
export const file: Check = {
  id: "file",
  async look(cli) {
    const path = cli.store.paths.file;
    try {
      await cli.store.read({ notice: false });
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
  const last = await lastWhole(store.paths.own);
  const text = last && readKept(last);
  const { aside } = await store.replace(text, { onlyCorrupt: true });
  if (aside === undefined) return "another program mended it meanwhile";
  const done = last
    ? `brought back version ${last.id}`
    : "no earlier version is known, so there are no contexts now";
  return `${done}; what could not be read is kept as ${aside}`;
}
