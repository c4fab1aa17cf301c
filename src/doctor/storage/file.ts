import { CliError } from "../../errors.ts";
import type { Cli } from "../../app.ts";
import { type Check, counted } from "../check.ts";

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
  const { aside, file } = await store.repair();
  if (aside === undefined) return "another program mended it meanwhile";
  const done =
    file.contexts.length === 0
      ? "no earlier version is known, so there are no contexts now"
      : `brought back the last whole version, with ${counted(file.contexts.length, "context")}`;
  return `${done}; what could not be read is kept as ${aside}`;
}
