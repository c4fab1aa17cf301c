import { looksLikeReference } from "../contexts/reference.ts";
import { usageError } from "../errors.ts";
import { askProgram, requireProgram } from "./ask-program.ts";
import { secretError, type SecretOptions, type SecretStore } from "./secret-store.ts";

/** It may wait for a person: a fingerprint, a password. */
const TIMEOUT_MS = 30_000;

/** A program that prints the token. It is asked each time, and nothing is stored. */
export function commandStore(
  [program = "", ...args]: readonly string[],
  options: SecretOptions,
): SecretStore {
  return {
    async get() {
      const onLine = (line: string) => options.say(`${program}: ${line}`);
      const question = { program, args, limit: 64, timeoutMs: TIMEOUT_MS, onLine };
      const { code, end, stdout } = await askProgram(options, question);
      if (code === 0) return readToken(program, stdout);
      throw secretError("unavailable", `${program} ${end}`);
    },
    async set() {
      throw usageError("a command only prints a token; this program cannot change what it prints");
    },
    async erase() {},
    async state() {
      requireProgram(program, options.env);
      return "unchecked";
    },
  };
}

function readToken(program: string, stdout: string): string {
  const token = stdout.trim();
  if (token === "") throw secretError("missing", `${program} printed nothing`);
  if (!/^[\x21-\x7e]+$/.test(token))
    throw secretError("unavailable", `${program} printed something that is no token`);
  if (looksLikeReference(token))
    throw secretError("unavailable", `${program} printed a reference of this program, not a token`);
  return token;
}
