/**
 * What wine on Linux cannot show of Windows, and why. The tests of a file that is not run are not counted at all; a
 * failure that one of the second list explains counts as not shown.
 */
export const NOT_RUN: { files: string[]; reason: string }[] = [
  { files: ["test/interop/"], reason: "needs Python for Windows, which no package registry has" },
  { files: ["test/binary/terminal-"], reason: "wine 8 has no pseudo-console" },
  {
    files: [
      "test/architecture",
      "test/bench/",
      "test/budget/",
      "test/build/",
      "test/docs/",
      "test/package/",
      "test/support/needs",
    ],
    reason: "is about the sources, the build and the packages, which are made on Linux and macOS",
  },
];

/** All that an entry has must match. */
export interface Limit {
  file?: string;
  title?: RegExp;
  failure?: RegExp;
  reason: string;
}

export const NOT_SHOWN: Limit[] = [
  { failure: /Windows has no pseudo-terminal of POSIX/, reason: "wine 8 has no pseudo-console" },
];
