import { CliError } from "../errors.ts";

/** Why a path is not a file to read, for callers that skip such a thing instead of failing. */
export class NotRegularError extends Error {
  override readonly name = "NotRegularError";
}

export class TooLargeError extends Error {
  override readonly name = "TooLargeError";
}

/** The operating system's name for a failure, for example `ENOSPC`. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

const REASONS: Record<string, string> = {
  EACCES: "permission denied",
  EPERM: "the operation is not permitted",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would exceed the size limit",
  EISDIR: "it is a directory",
  ENOTDIR: "a part of the path is not a directory",
  EEXIST: "a file stands where a directory is needed",
  ENOENT: "there is no such directory, and none can be made",
  ELOOP: "too many symbolic links",
  EBUSY: "it is in use or mounted",
  EINTR: "it was interrupted again and again",
  ENOTCONN: "its disk is not connected",
  ESTALE: "it is no longer on its network disk",
};

/** A failed file operation as an error that the user can act on. Anything else, for example a bug of ours, as it is. */
export function storageError(action: string, path: string, error: unknown): unknown {
  if (error instanceof CliError) return error;
  const code = codeOf(error);
  const reason =
    error instanceof NotRegularError
      ? "it is not a regular file"
      : error instanceof TooLargeError
        ? "it is too large"
        : reasonFor(code);
  if (reason === "") return error;
  const isMounted = code === "EBUSY" && action === "write";
  return new CliError("STORAGE", `cannot ${action} ${path}: ${reason}`, {
    hint: isMounted ? "where the file is mounted by itself, mount its directory instead" : undefined,
    cause: error,
  });
}

/** In our words, else in the system's, for example `i/o error (EIO)`. */
export function reasonFor(code: string): string {
  const known = REASONS[code];
  if (known !== undefined || code === "") return known ?? "";
  const names = process.getBuiltinModule("node:util").getSystemErrorMap().values();
  const [, words] = [...names].find(([name]) => name === code) ?? [];
  return words === undefined ? code : `${words} (${code})`;
}
