import { dirname, join } from "node:path";
import { CliError, usageError } from "../errors.ts";
import { inspect, NotRegularError, readRegularFile, TooLargeError } from "../system/files.ts";
import { userId } from "../system/runtime.ts";

/**
 * `.bentorc`: a project's choice of context, found from the working directory upward. It is text from a repository
 * that may be hostile, so it can choose a name and demand that the choice matches its pins, and nothing else: no
 * value of it is ever an endpoint or a token that gets used. The format is rc9's `key=value` lines, read here because
 * rc9 turns `context=1.10` into a number and expands nothing we would want expanded.
 */
export const PROJECT_FILE = ".bentorc";

export interface Project {
  path: string;
  /** 1-based line of each key. */
  lines: Partial<Record<ProjectKey, number>>;
  context?: string;
  endpoint?: string;
  organization?: string;
}

const KEYS = ["context", "endpoint", "organization"] as const;
export type ProjectKey = (typeof KEYS)[number];

const MAX_BYTES = 64 * 1024;
const TOKEN_LIKE = /(token|api[_-]?key|secret|password|credential)/i;

/** The nearest `.bentorc` that can be used; what is skipped is told to `warn`, unless `skip` is there to be told. */
export function findProject(
  cwd: string,
  warn: (message: string) => void,
  skip: Skip = (path, why) => warn(`skipped ${path}: ${why}`),
): Project | undefined {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const path = join(folder, PROJECT_FILE);
    const text = readSafely(path, skip);
    if (text !== undefined) return parseProject(text, path, warn);
    if (dirname(folder) === folder) return undefined;
  }
}

/** Told of a file that is not used, and why. */
type Skip = (path: string, why: string) => void;

/** Undefined when none is there or it must be skipped. */
function readSafely(path: string, skip: Skip): string | undefined {
  const stats = inspect(path);
  if (!stats) return undefined;
  try {
    // A link's target says nothing about who put the link here.
    if (!stats.isFile()) throw new NotRegularError(path);
    const file = readRegularFile(path, { limit: MAX_BYTES });
    const self = userId();
    if (file && self !== undefined && file.uid !== self && file.uid !== 0) {
      skip(path, "it belongs to another user");
      return undefined;
    }
    return file && new TextDecoder("utf-8", { fatal: true }).decode(file.bytes);
  } catch (error) {
    skip(path, whyUnreadable(error));
    return undefined;
  }
}

function whyUnreadable(error: unknown): string {
  if (error instanceof NotRegularError) return "it is not a regular file";
  if (error instanceof TooLargeError) return "it is larger than 64 KiB";
  return error instanceof TypeError ? "it is not UTF-8 text" : "it cannot be read";
}

/** @throws CliError when a key looks like a credential: it must leave the file, and be revoked. */
export function parseProject(text: string, path: string, warn: (message: string) => void): Project {
  const project: Project = { path, lines: {} };
  const ignored: number[] = [];
  for (const [index, line] of text
    .replace(/^\ufeff/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const entry = readLine(line);
    if (TOKEN_LIKE.test(entry?.key ?? likelyKey(line))) {
      throw new CliError("FAILURE", `${path}:${index + 1} holds a credential`, {
        hint: "remove the line, revoke that token on the server, and sign in with `bentocloud login`",
      });
    }
    if (!entry || !isProjectKey(entry.key)) {
      ignored.push(index + 1);
    } else if (entry.value !== "") {
      project[entry.key] = entry.value;
      project.lines[entry.key] = index + 1;
    }
  }
  if (ignored.length > 0) {
    const more = ignored.length > 1 ? ` (and ${ignored.length - 1} more)` : "";
    warn(`${path}:${ignored[0]}: unknown key ignored${more}; a project can set ${KEYS.join(", ")}`);
  }
  return project;
}

/** What a line in another format names, such as `export NAME=…` or `name: …`. */
function likelyKey(line: string): string {
  return /^[^=:]*(?=[=:])/.exec(line)?.[0] ?? "";
}

/** One `key=value` line, the value as it was written; rc9 takes one pair of double quotes away, and so do we. */
function readLine(line: string): { key: string; value: string } | undefined {
  const match = /^\s*([^\s=#;][^\s=]*)\s*=(.*)$/s.exec(line.replace(/^\ufeff/, ""));
  if (!match) return undefined;
  const [, key = "", written = ""] = match;
  return { key, value: unquote(written.trim()) };
}

function unquote(written: string): string {
  if (written.length < 2 || !written.startsWith('"') || !written.endsWith('"')) return written;
  try {
    const value: unknown = JSON.parse(written);
    return typeof value === "string" ? value : written;
  } catch {
    return written.slice(1, -1);
  }
}

function isProjectKey(key: string): key is ProjectKey {
  return KEYS.some((known) => known === key);
}

/**
 * The text with our keys set to `values`, or taken out where the value is undefined; every other line stays. An empty
 * answer means that nothing but our keys stood there.
 */
export function editProject(text: string, values: Partial<Record<ProjectKey, string>>): string {
  const kept = text.split(/(?<=\n)/).filter((line) => {
    const key = readLine(line.replace(/\r?\n$/, ""))?.key;
    return key === undefined || !isProjectKey(key);
  });
  const rest = kept.join("");
  const ours = KEYS.flatMap((key) =>
    values[key] === undefined ? [] : [`${key}=${writeValue(values[key])}\n`],
  );
  const gap = rest === "" || rest.endsWith("\n") ? "" : "\n";
  return rest.trim() === "" ? ours.join("") : rest + gap + ours.join("");
}

function writeValue(value: string): string {
  if (/[\r\n]/.test(value)) throw usageError("a name with line breaks cannot stand in a .bentorc");
  return value.startsWith('"') || value.trim() !== value ? JSON.stringify(value) : value;
}
