import * as bun from "bun:test";
import type packages from "./tools.json";

/** A program that some tests run and a machine may lack; `tools.json` has the Debian package of each. */
export type Tool = keyof typeof packages;

/**
 * `describe` and `test` for tests that run these programs. Where one is missing the tests are skipped, and the note
 * `[needs NAME]` in their titles is what `npm test` counts and names at its end. In CI they run, and fail.
 */
export function needs(...tools: Tool[]) {
  const missing = process.env["CI"] ? [] : tools.filter((tool) => Bun.which(tool) === null);
  if (missing.length === 0) return { isMet: true, describe: bun.describe, test: bun.test };
  const note = missing.map((tool) => ` [needs ${tool}]`).join("");
  return { isMet: false, describe: skipped(bun.describe, note), test: skipped(bun.test, note) };
}

type Skip = (title: string, ...rest: unknown[]) => void;

/** Its `skip`, and `skip.each`, with the note behind each title. */
function skipped<Add extends typeof bun.describe | typeof bun.test>(add: Add, note: string): Add {
  const skip = add.skip as unknown as Skip & { each(table: unknown): Skip };
  const annotated =
    (one: Skip): Skip =>
    (title, ...rest) =>
      one(title + note, ...rest);
  const each = (table: unknown) => annotated(skip.each(table));
  return Object.assign(annotated(skip), { each }) as unknown as Add;
}
