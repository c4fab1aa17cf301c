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
  { files: ["test/auth/identities", "test/interop/"], reason: "no package registry has Python for Windows" },
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

const SIGNALS = "Windows has no signals from one program to another";
const LINKS = "wine makes no symbolic links";
const MODES = "a mode says nothing on Windows; test/windows/access.test.ts has access lists";

export const NOT_SHOWN: Limit[] = [
  { failure: /Windows has no pseudo-terminal of POSIX/, reason: "wine 8 has no pseudo-console" },
  {
    failure:
      /Executable not found in \$PATH: "|: command not found|the program \w+ is not in PATH|no git in PATH/,
    reason: "the test starts a program that Windows has not",
  },
  { title: /Ctrl-C|SIG[A-Z]{3}|killed|kill -|sends both requests at once/, reason: SIGNALS },
  { file: "test/binary/proxy", failure: /Expected: 130/, reason: SIGNALS },
  {
    title:
      /symbolic link|\blinked\b|loop of links|links? (?:to|into)|by a (?:chain of )?link|is a link|two homes share/,
    reason: LINKS,
  },
  {
    file: "test/commands/resolution",
    title: /with a link|a file below a file|a broken link/,
    reason: LINKS,
  },
  { file: "test/commands/explain", title: /files that are skipped/, reason: LINKS },
  { file: "test/commands/doctor-report", title: /names no file and no home|\(unnamed\)/, reason: LINKS },
  { file: "test/store/protection", title: /\(unnamed\)/, reason: LINKS },
  { file: "test/store/notice-loss", title: /a file outside every home/, reason: LINKS },
  { file: "test/system/files", title: /realTarget|looks at a link/, reason: LINKS },
  {
    title: /\bmodes?\b|narrow|owner alone|others could read|readable by everybody|stands in no home/,
    reason: MODES,
  },
  { file: "test/commands/doctor-print", title: /only the problems|what was repaired/, reason: MODES },
  // Only the mode of a path, or of a file, differs.
  { failure: /^- +"(\S+) 0\d{3}",?\n\+ +"\1 0\d{3}"/m, reason: MODES },
  { failure: /^- +"mode": \d+,\n\+ +"mode": \d+/m, reason: MODES },
  {
    title:
      /nothing listens|refused connection|down for a while|cannot be reached|does not come is a 502|leaves what everybody has/,
    reason: "under wine, a refused connection looks connected at first",
  },
  {
    file: "test/network/proxy-faults",
    failure: /"what": "is dead"/,
    reason: "under wine, a refused connection looks connected at first",
  },
  {
    file: "test/network/authorities",
    failure: /Warning: Ignoring extra certs|Unexpected identifier "Warning"/,
    reason: "Bun for Windows prints a warning of its own, which no program can switch off",
  },
  {
    file: "test/network/authorities",
    title: /started after a request/,
    reason: "the test starts a program that Windows has not",
  },
  {
    file: "test/proxy/web-sockets",
    title: /the client reads too slowly/,
    reason: "under wine, a connection that nobody reads takes in whatever is sent",
  },
  {
    file: "test/commands/exec.test.ts",
    reason: "it runs scripts of POSIX; test/windows/system.test.ts has exec",
  },
  { file: "test/commands/api-token-deliver", reason: "it delivers a token to scripts of POSIX" },
  { file: "test/binary/rotate-chaos", reason: "it delivers a token to scripts of POSIX" },
  { file: "test/commands/shell.test.ts", reason: "on Windows the shell is in ComSpec, and not in SHELL" },
  { title: /does what it is for: > shell/, reason: "on Windows the shell is in ComSpec, and not in SHELL" },
  { failure: /\$env:BENTO_CLOUD_API_KEY/, reason: "where no shell is named, env prints PowerShell there" },
  { file: "test/commands/open.test.ts", reason: "Windows does not read BROWSER" },
  { title: /the browser it opens|proxy --open/, reason: "Windows does not read BROWSER" },
  { failure: /`bentocloud` starts/, reason: "a program without an ending is none on Windows" },
  { title: /doctor: copies/, reason: "a program without an ending is none on Windows" },
  { title: /^the locale/, reason: "Windows has no variables for the locale, and prints every character" },
  {
    file: "test/resolve/bentoml-home",
    title: /^locateHome/,
    reason: "the paths are those of POSIX; test/windows/system.test.ts has those of Windows",
  },
  {
    title:
      /a late server|a server in trouble|that has passed causes a warning|whatever another program left|never taken for what is in it/,
    reason: "wine needs more time than the test gives",
  },
  // Tests with a short time-out of their own.
  {
    failure:
      /did not answer within [0-2](?:\.\d+)? s|still running after (?:1000|8000) ms|does not answer in time/,
    reason: "wine needs more time than the test gives",
  },
  { title: /--to keyring that cannot be used/, reason: "the Credential Manager can be used there" },
  {
    file: "test/network/route",
    title: /https_proxy: .*HTTPS_PROXY|all_proxy: .*ALL_PROXY|no_proxy counts before NO_PROXY/s,
    reason: "names that differ in case alone are one variable on Windows",
  },
  { failure: /Failed to listen at C:/, reason: "Windows has no sockets among its files" },
  { title: /client reads too slowly/, reason: "under wine, a client that does not read goes unnoticed" },
  { title: /a bare Bun program executes its files/, reason: "Bun does not compile under wine" },
  {
    title: /also their `\.breaking`, and no other file/,
    reason: "the names of files have no case on Windows",
  },
];
