import { join } from "node:path";
import { CliError } from "../errors.ts";
import { type FileText, inspect, readRegularFile, removeFile, storageError } from "../system/files.ts";
import { hasEnded } from "../system/processes.ts";
import { replaceFile, sweepTemporaries } from "../system/replace.ts";
import { editProject, parseProject, PROJECT_FILE, type ProjectKey } from "./bentorc.ts";

/** A project file is meant to be shared, unlike everything else we write; one that stands already keeps its mode. */
const NEW_MODE = 0o644;

/** Writes the project's choice into `folder`; other lines of the file stay. Returns its path. */
export function linkProject(folder: string, values: Partial<Record<ProjectKey, string>>): string {
  const path = join(folder, PROJECT_FILE);
  const file = read(path);
  // A file that no command here would accept is not made to look as if one did.
  if (file) parseProject(file.text, path, () => {});
  write(folder, editProject(file?.text ?? "", values), file?.raw);
  return path;
}

/** Takes our keys out; a file with nothing else in it goes away. */
export function unlinkProject(folder: string): { path: string; changed: boolean } {
  const path = join(folder, PROJECT_FILE);
  const file = read(path);
  if (!file) return { path, changed: false };
  const rest = editProject(file.text, {});
  if (rest === file.text) return { path, changed: false };
  if (rest === "") remove(path);
  else write(folder, rest, file.raw);
  return { path, changed: true };
}

/** A link could lead out of the repository, to any file of whoever cloned it: it is neither followed nor replaced. */
function read(path: string): { text: string; raw: FileText } | undefined {
  if (inspect(path)?.isSymbolicLink()) {
    throw new CliError("STORAGE", `cannot change ${path}: it is a symbolic link`, {
      hint: "replace it by a file, or change the file it leads to by hand",
    });
  }
  try {
    const raw = readRegularFile(path);
    return raw && { raw, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw.bytes) };
  } catch (error) {
    if (error instanceof TypeError)
      throw new CliError("STORAGE", `cannot read ${path}: it is not UTF-8 text`);
    throw storageError("read", path, error);
  }
}

function write(folder: string, text: string, before: FileText | undefined): void {
  const target = join(folder, PROJECT_FILE);
  try {
    sweepTemporaries(folder, (name, pid) => name === PROJECT_FILE && hasEnded(pid));
    replaceFile({ target, text, mode: before?.mode ?? NEW_MODE, owner: before, stillValid: () => true });
  } catch (error) {
    throw storageError("write", target, error);
  }
}

function remove(path: string): void {
  try {
    removeFile(path);
  } catch (error) {
    throw storageError("remove", path, error);
  }
}
