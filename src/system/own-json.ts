import { basename, dirname } from "node:path";
import { parseJSON, stringifyJSON } from "confbox/json";
import { CliError } from "../errors.ts";
import { ensurePrivateDirectory, requirePrivateDirectory } from "./create-file.ts";
import { removeFile } from "./files.ts";
import { readOwnFile } from "./read-file.ts";
import { replaceFile, sweepTemporaries } from "./replace.ts";

/** A JSON file in our own directory; undefined when there is none. @throws SyntaxError, or CliError `STORAGE`. */
export function readOwnJson(path: string): unknown {
  requirePrivateDirectory(dirname(path));
  const bytes = readOwnFile(path);
  return bytes && parseJSON(bytes.toString("utf8"));
}

/** Without a value, the file is removed. For the holder of its lock only. @throws CliError `STORAGE` */
export function writeOwnJson(path: string, value: unknown, { durable }: { durable: boolean }): void {
  sweepTemporaries(dirname(path), (name) => name === basename(path));
  if (value === undefined) return readOwnFile(path) && removeFile(path);
  const text = stringifyJSON(value, { indent: 2, whitespace: { start: "", end: "\n" } } as never);
  replaceFile({ target: path, text, mode: 0o600, durable });
}

/**
 * The entries of a list in our own directory; none where there is no file.
 *
 * @throws CliError `CORRUPT` for a file that cannot be understood: what it says would be forgotten.
 */
export function readOwnList<T>(
  path: string,
  isEntry: (value: unknown) => value is T,
  { what, hint }: { what: string; hint: string },
): T[] {
  try {
    const entries = readOwnJson(path) ?? [];
    if (Array.isArray(entries) && entries.every(isEntry)) return entries;
  } catch (error) {
    if (error instanceof CliError) throw error;
  }
  throw new CliError("CORRUPT", `${path} is not ${what}`, { hint });
}

/** Without entries, the file is removed. For the holder of its lock only. @throws CliError `STORAGE` */
export function writeOwnList(path: string, entries: readonly unknown[]): void {
  ensurePrivateDirectory(dirname(path));
  writeOwnJson(path, entries.length > 0 ? entries : undefined, { durable: true });
}

/** For the check of an entry. */
export function areTexts(...fields: unknown[]): boolean {
  return fields.every((field) => typeof field === "string");
}
