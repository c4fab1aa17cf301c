import * as bun from "bun:test";
import type packages from "./tools.json";

/** A program that some tests run and a machine may lack; `tools.json` has the Debian package of each. */
export type Tool = keyof typeof packages;

/** What no package gives, such as being root. */
export interface Right {
  right: string;
  /** Asked only where the programs are there. */
  isGiven: () => boolean;
}

/**
 * `describe` and `test` for tests that need these programs and rights. Where one is missing the tests are skipped, and the
 * note `[needs NAME]` in their titles is what `npm test` counts and names at its end. In CI, tests that lack a program run,
 * and fail.
 */
export function needs(...needed: (Tool | Right)[]) {
  const absent = needed.filter((one) => typeof one === "string" && Bun.which(one) === null) as Tool[];
  const rights = needed.filter((one) => typeof one !== "string");
  const denied = absent.length > 0 ? [] : rights.filter(({ isGiven }) => !isGiven());
  const missing = [...(process.env["CI"] ? [] : absent), ...denied.map(({ right }) => right)];
  if (missing.length === 0) return { isMet: true, describe: bun.describe, test: bun.test };
  const note = missing.map((name) => ` [needs ${name}]`).join("");
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
