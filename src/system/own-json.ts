import { basename, dirname } from "node:path";
import { parseJSON, stringifyJSON } from "confbox/json";
import { requirePrivateDirectory } from "./create-file.ts";
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
