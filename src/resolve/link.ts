import { join } from "node:path";
import { CliError } from "../errors.ts";
import { inspect, realTarget, removeFile } from "../system/files.ts";
import { type FileText, readRegularFile } from "../system/read-file.ts";
import { storageError } from "../system/storage-error.ts";
import { hasEnded } from "../system/processes.ts";
import { replaceFile, sweepTemporaries } from "../system/replace.ts";
import { homeDirectory, requireExactPath } from "../system/runtime.ts";
import type { Environment } from "../system/runtime.ts";
import { editProject, parseProject, PROJECT_FILE, type ProjectKey } from "./bentorc.ts";

/** Projects share this file, unlike every other file that we write. An existing file keeps its mode. */
const NEW_MODE = 0o644;

/** Writes the project's choice into `folder`; other lines of the file stay. Returns its path. */
export function linkProject(folder: string, values: Partial<Record<ProjectKey, string>>): string {
  const path = join(folder, PROJECT_FILE);
  const file = read(path);
  // Refuses a file that contains a credential.
  if (file) parseProject(file.text, path, () => {});
  write(folder, editProject(file?.text ?? "", values), file?.raw);
  return path;
}

/** Whether it is the user's home directory; false for a user without one. */
export function isHome(folder: string, env: Environment): boolean {
  let path: string;
  try {
    path = homeDirectory(env);
  } catch {
    return false;
  }
  return realTarget(requireExactPath(path, "the path of your home directory")) === folder;
}

/** Removes our keys, and the file if it contains nothing else. */
export function unlinkProject(folder: string): { path: string; changed: boolean } {
  const path = join(folder, PROJECT_FILE);
  const file = read(path);
  const rest = editProject(file?.text ?? "", {});
  if (!file || rest === file.text) return { path, changed: false };
  if (rest !== "") write(folder, rest, file.raw);
  else removeFile(path);
  return { path, changed: true };
}

/** Refuses a link: it could point to any file of the user who cloned the repository. */
function read(path: string): { text: string; raw: FileText } | undefined {
  if (inspect(path)?.isSymbolicLink()) {
    throw new CliError("STORAGE", `cannot change ${path}: it is a symbolic link`, {
      hint: "replace it with a file, or edit the file it points to by hand",
    });
  }
  try {
    const raw = readRegularFile(path, { follow: false });
    return raw && { raw, text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw.bytes) };
  } catch (error) {
    if (error instanceof TypeError)
      throw new CliError("STORAGE", `cannot read ${path}: it is not UTF-8 text`);
    throw storageError("read", path, error);
  }
}

function write(folder: string, text: string, before: FileText | undefined): void {
  const target = join(folder, PROJECT_FILE);
  sweepTemporaries(folder, (name, pid) => name === PROJECT_FILE && hasEnded(pid));
  replaceFile({ target, text, mode: before?.mode ?? NEW_MODE, owner: before });
}
