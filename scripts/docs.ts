/** Writes the pages of docs/reference/ that are made from the sources. */
import { join } from "node:path";
import { renderCommands } from "./docs/commands.ts";
import { renderLibrary } from "./docs/library.ts";

const REFERENCE = join(import.meta.dir, "../docs/reference");

await Bun.write(join(REFERENCE, "commands.md"), await renderCommands());
await Bun.write(join(REFERENCE, "library.md"), renderLibrary());
