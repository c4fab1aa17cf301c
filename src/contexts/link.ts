import { join } from "node:path";
import {
  inspect,
  readRegularFile,
  realTarget,
  removeFile,
  replaceFile,
  storageError,
} from "../system/files.ts";
import { editProject, PROJECT_FILE, type ProjectKey } from "./project.ts";

/** A project file is meant to be shared, unlike everything else we write. */
const MODE = 0o644;

/** Writes the project's choice into `folder`; other lines of the file stay. Returns its path. */
export function linkProject(folder: string, values: Partial<Record<ProjectKey, string>>): string {
  const path = join(folder, PROJECT_FILE);
  write(path, editProject(readText(path) ?? "", values));
  return path;
}

/** Takes our keys out; a file with nothing else in it goes away. */
export function unlinkProject(folder: string): { path: string; changed: boolean } {
  const path = join(folder, PROJECT_FILE);
  const text = readText(path);
  if (text === undefined) return { path, changed: false };
  const rest = editProject(text, {});
  if (rest === text) return { path, changed: false };
  if (rest === "" && !inspect(path)?.isSymbolicLink()) remove(path);
  else write(path, rest);
  return { path, changed: true };
}

function readText(path: string): string | undefined {
  try {
    return readRegularFile(path)?.bytes.toString("utf8");
  } catch (error) {
    throw storageError("read", path, error);
  }
}

function write(path: string, text: string): void {
  try {
    replaceFile({ target: realTarget(path), text, mode: MODE, stillValid: () => true });
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
