import { dirname, join } from "node:path";
import { Endpoint } from "../contexts/endpoint.ts";
import { CliError, usageError } from "../errors.ts";
import { isTrustedOwner, readRegularFile } from "../system/read-file.ts";
import { NotRegularError, TooLargeError } from "../system/storage-error.ts";
import { isWorkingDirectoryDeleted } from "../system/runtime.ts";

/**
 * `.bentorc`: a project's choice of context. The file may come from a hostile repository. It can therefore only choose
 * a name and require that the context matches its pins: no value in it is ever used as an endpoint or a token. The
 * format is rc9's `key=value` lines, but this program parses them itself, because rc9 turns `context=1.10` into a number.
 */
export const PROJECT_FILE = ".bentorc";

export interface Project {
  path: string;
  /** 1-based line of each key. */
  lines: Partial<Record<ProjectKey, number>>;
  context?: string;
  endpoint?: Endpoint;
  organization?: string;
}

const KEYS = ["context", "endpoint", "organization"] as const;
export type ProjectKey = (typeof KEYS)[number];

const MAX_BYTES = 64 * 1024;

/** Whole words: `API_TOKEN_2` counts, `tokenizer` does not. */
const SECRET_KEY = /(?<![a-z])(?:(?:api)?(?:token|key)|secret|password)(?![a-z])/i;

type Warn = (message: string) => void;

/** Called for a file that is skipped, with the reason. */
type Skip = (path: string, why: string) => void;

/** The nearest `.bentorc` that can be used, from the working directory upward. */
export function findProject(
  cwd: () => string,
  warn: Warn,
  skip: Skip = (path, why) => warn(`skipped ${path}: ${why}`),
): Project | undefined {
  let folder = existing(cwd);
  while (folder !== undefined) {
    const path = join(folder, PROJECT_FILE);
    const text = readTrusted(path, skip);
    if (text !== undefined) return parseProject(text, path, warn);
    const parent = dirname(folder);
    folder = parent === folder ? undefined : parent;
  }
  return undefined;
}

/** Undefined for a deleted directory, which is empty. One whose path is unknown may contain a `.bentorc`. */
function existing(cwd: () => string): string | undefined {
  try {
    return cwd();
  } catch (error) {
    if (isWorkingDirectoryDeleted()) return undefined;
    throw error;
  }
}

/** Undefined when the file does not exist or must be skipped. */
function readTrusted(path: string, skip: Skip): string | undefined {
  try {
    // Links are not followed: the owner of a target does not show who created the link.
    const file = readRegularFile(path, { limit: MAX_BYTES, follow: false });
    if (!file) return undefined;
    if (isTrustedOwner(file)) return new TextDecoder("utf-8", { fatal: true }).decode(file.bytes);
    skip(path, "it belongs to another user");
  } catch (error) {
    skip(path, whyUnreadable(error));
  }
  return undefined;
}

function whyUnreadable(error: unknown): string {
  if (error instanceof NotRegularError) return "it is not a regular file";
  if (error instanceof TooLargeError) return "it is larger than 64 KiB";
  return error instanceof TypeError ? "it is not UTF-8 text" : "it cannot be read";
}

/** @throws CliError when a key names a secret, which has to be removed and revoked. */
export function parseProject(text: string, path: string, warn: Warn): Project {
  const project: Project = { path, lines: {} };
  const ignored: number[] = [];
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    // A pin without a value stays a pin, which no context matches.
    const { key, value = "" } = readLine(line);
    if (SECRET_KEY.test(key)) {
      throw new CliError("FAILURE", `${path}:${index + 1} holds a credential`, {
        hint: "remove the line, revoke that token on the server, and sign in with `bentocloud login`",
      });
    }
    if (!isOurs(key)) {
      ignored.push(index + 1);
      continue;
    }
    if (value === "") {
      const effect = key === "context" ? "is ignored" : "matches no context";
      const written = `${key}=${key === "endpoint" ? "URL" : "NAME"}`;
      warn(`${path}:${index + 1}: ${key} has no value, and ${effect}; write ${written}`);
    }
    if (key !== "context" || value !== "") {
      if (key === "endpoint") project.endpoint = new Endpoint(value);
      else project[key] = value;
      project.lines[key] = index + 1;
    }
  }
  if (ignored.length > 0) {
    const more = ignored.length > 1 ? ` (and ${ignored.length - 1} more)` : "";
    warn(`${path}:${ignored[0]}: unknown key ignored${more}; a project can set ${KEYS.join(", ")}`);
  }
  return project;
}

/** The key and value of a line. A line in another format, such as `name: …`, has no value. */
function readLine(line: string): { key: string; value?: string } {
  const end = line.indexOf("=");
  if (end === -1) return { key: line.replace(/:.*/, "").trim() };
  return { key: line.slice(0, end).trim(), value: unquote(line.slice(end + 1).trim()) };
}

/** Removes one pair of double quotes, as rc9 does. */
function unquote(written: string): string {
  if (written.length < 2 || !written.startsWith('"') || !written.endsWith('"')) return written;
  try {
    const value: unknown = JSON.parse(written);
    return typeof value === "string" ? value : written;
  } catch {
    return written.slice(1, -1);
  }
}

function isOurs(key: string): key is ProjectKey {
  return KEYS.some((known) => known === key);
}

/**
 * Sets our keys to `values`, or removes them when the value is undefined. Every other line stays. The result is empty
 * when the text contained only our keys.
 */
export function editProject(text: string, values: Partial<Record<ProjectKey, string>>): string {
  const others = text.split(/(?<=\n)/).filter((line) => {
    const { key, value } = readLine(line);
    return value === undefined || !isOurs(key);
  });
  const ours = KEYS.flatMap((key) => {
    const value = values[key];
    return value === undefined ? [] : [`${key}=${writeValue(value)}\n`];
  });
  const rest = others.join("");
  if (rest.trim() === "") return ours.join("");
  return [rest, ours.length === 0 || rest.endsWith("\n") ? "" : "\n", ...ours].join("");
}

function writeValue(value: string): string {
  if (/[\r\n]/.test(value)) throw usageError("a name with line breaks cannot stand in a .bentorc");
  return value.startsWith('"') || value.trim() !== value ? JSON.stringify(value) : value;
}
