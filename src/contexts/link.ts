import { join } from "node:path";
import { CliError } from "../errors.ts";
import { inspect, readRegularFile, realTarget, removeFile, storageError } from "../system/files.ts";
import { replaceFile } from "../system/replace.ts";
import { editProject, PROJECT_FILE, type ProjectKey } from "./project.ts";

/** A project file is meant to be shared, unlike everything else we write; one that stands already keeps its mode. */
const NEW_MODE = 0o644;

/** Writes the project's choice into `folder`; other lines of the file stay. Returns its path. */
export function linkProject(folder: string, values: Partial<Record<ProjectKey, string>>): string {
  const path = join(folder, PROJECT_FILE);
  const file = read(path);
  write(path, editProject(file?.text ?? "", values), file?.mode);
  return path;
}

/** Takes our keys out; a file with nothing else in it goes away. */
export function unlinkProject(folder: string): { path: string; changed: boolean } {
  const path = join(folder, PROJECT_FILE);
  const file = read(path);
  if (!file) return { path, changed: false };
  const rest = editProject(file.text, {});
  if (rest === file.text) return { path, changed: false };
  if (rest === "" && !inspect(path)?.isSymbolicLink()) remove(path);
  else write(path, rest, file.mode);
  return { path, changed: true };
}

function read(path: string): { text: string; mode: number } | undefined {
  try {
    const file = readRegularFile(path);
    return (
      file && {
        text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(file.bytes),
        mode: file.mode,
      }
    );
  } catch (error) {
    if (error instanceof TypeError)
      throw new CliError("STORAGE", `cannot read ${path}: it is not UTF-8 text`);
    throw storageError("read", path, error);
  }
}

function write(path: string, text: string, mode = NEW_MODE): void {
  try {
    replaceFile({ target: realTarget(path), text, mode, stillValid: () => true });
  } catch (error) {
    throw storageError("write", path, error);
  }
}

function remove(path: string): void {
  try {
    removeFile(path);
  } catch (error) {
    throw storageError("remove", path, error);
  }
}
