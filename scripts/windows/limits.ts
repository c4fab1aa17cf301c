/**
 * What wine on Linux cannot show of Windows, and why. The tests of the first list are not run; a failure that the second
 * one explains counts as not shown. What Windows has instead of it is in `test/windows/`.
 */
interface NotRun {
  /** Beginnings of paths. */
  files: string[];
  reason: string;
}

export const NOT_RUN: NotRun[] = [
  {
    files: ["test/architecture", "test/bench/", "test/budget/", "test/build/", "test/docs/", "test/package/"],
    reason: "they are about the sources, the build and the packages, which are made on Linux and macOS",
  },
  { files: ["test/support/"], reason: "they are about the tests themselves, with programs of POSIX" },
  { files: ["test/interop/"], reason: "no package registry has Python for Windows" },
  { files: ["test/binary/terminal-"], reason: "wine 8 has no pseudo-console" },
  {
    files: [
      "test/binary/storage-",
      "test/binary/exec",
      "test/binary/env-shells",
      "test/binary/secrets",
      "test/secrets/",
    ],
    reason:
      "they fill disks, change users, kill groups of processes and start shells and keyrings, as on POSIX",
  },
];

/** Everything that is given must match. */
export interface Limit {
  /** The beginning of the path. */
  file?: string;
  title?: RegExp;
  failure?: RegExp;
  reason: string;
}

export const NOT_SHOWN: Limit[] = [
  { failure: /Windows has no pseudo-terminal of POSIX/, reason: "wine 8 has no pseudo-console" },
  {
    failure: /Executable not found in \$PATH: "[^"]+"|error: (?:\w+|\.\/\w+): command not found/,
    reason: "the test starts a program that Windows has not",
  },
  {
    title: /Ctrl-C|SIG[A-Z]{3}|signal|killed|kill -/,
    reason: "Windows has no signals from one program to another",
  },
  {
    title: /\blinks?\b|linked|loop|two homes share|realTarget|looks at a link/,
    reason: "wine makes no symbolic links",
  },
  {
    title: /\bmodes?\b|narrow|owner alone|others (?:can|could) (?:read|write)|readable by everybody/,
    reason: "a mode says nothing on Windows; test/windows/access.test.ts has access lists",
  },
  {
    title: /nothing listens|refused connection|down for a while|cannot be reached/,
    reason: "under wine, a refused connection looks connected at first",
  },
  {
    file: "test/commands/exec.test.ts",
    reason: "it runs scripts of POSIX; test/windows/system.test.ts has exec",
  },
];
