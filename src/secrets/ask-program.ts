import { delimiter, isAbsolute } from "node:path";
import { cancelled } from "../errors.ts";
import { captureProgram } from "../system/capture-program.ts";
import { findProgram } from "../system/program.ts";
import type { Environment } from "../system/runtime.ts";
import { secretError, type SecretOptions } from "./secret-store.ts";

/**
 * The path of a program that is given a token or asked for one. Relative folders of `PATH` are left out, so that no
 * repository can put a program of that name in its place.
 *
 * @throws CliError `SECRET_UNAVAILABLE`
 */
export function requireProgram(name: string, env: Environment): string {
  const isName = !/[/\\]/.test(name);
  if (!isName && !isAbsolute(name))
    throw secretError("unavailable", `${name} is a relative path`, "name the program by its absolute path");
  const folders = (env["PATH"] ?? "/usr/bin:/bin").split(delimiter).filter(isAbsolute);
  const { path } = findProgram(name, { ...env, PATH: folders.join(delimiter) });
  if (path !== undefined) return path;
  throw secretError("unavailable", `the program ${name} is not ${isName ? "in PATH" : "there"}`);
}

interface Question {
  program: string;
  args: readonly string[];
  input?: string;
  /** In KiB. */
  limit: number;
  timeoutMs: number;
  onLine?: (line: string) => void;
}

interface Answer {
  /** Null when a signal ended it. */
  code: number | null;
  /** How the program ended, for the message of an error. */
  end: string;
  stdout: string;
}

/** @throws CliError for a program that did not run to its end. */
export async function askProgram(
  { env, signal }: SecretOptions,
  { program, limit, timeoutMs, ...question }: Question,
): Promise<Answer> {
  const path = requireProgram(program, env);
  const result = await captureProgram({ ...question, path, env, signal, timeoutMs, limit: limit * 1024 });
  switch (result.kind) {
    case "ended": {
      const { code, signal: killer, stdout } = result;
      const end = code === null ? `was ended by ${killer}` : `exited with code ${code}`;
      return { code, end, stdout };
    }
    case "timeout":
      throw secretError("timeout", `${program} did not answer in ${timeoutMs / 1000} s, and was ended`);
    case "too_large":
      throw secretError("unavailable", `${program} printed more than ${limit} KiB, which is no token`);
    case "not_started":
      throw secretError("unavailable", `${program} could not be started (${result.reason})`);
    default:
      throw cancelled();
  }
}
