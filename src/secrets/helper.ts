import { cap } from "../system/text.ts";
import { askProgram } from "./ask-program.ts";
import {
  type Entry,
  secretError,
  type SecretOptions,
  type SecretStore,
  stateOf,
  STORE_TIMEOUT_MS,
} from "./secret-store.ts";

/**
 * A program `docker-credential-NAME` of Docker's protocol. A server has one credential there, and a second user name
 * replaces it, so the server's address is one of our own for each entry.
 */
export function helperStore(name: string, options: SecretOptions): SecretStore {
  const program = `docker-credential-${name}`;
  let timeout: unknown;
  const run = async (action: string, input: string) => {
    // One that hangs would cost as much time for each further entry.
    if (timeout !== undefined) throw timeout;
    const question = { program, args: [action], input, limit: 1024, timeoutMs: STORE_TIMEOUT_MS };
    const { code, end, stdout } = await askProgram(options, question).catch((error: unknown) => {
      if (stateOf(error) === "timeout") timeout = error;
      throw error;
    });
    if (code === 0) return stdout;
    if (isMissing(stdout)) throw missing(program);
    throw secretError("unavailable", `${program} ${reasonIn(stdout) ?? end}`);
  };
  const get = async (entry: Entry) => {
    const secret = readSecret(program, await run("get", serverOf(entry)));
    // `docker-credential-pass` answers so for an entry that it does not have.
    if (secret === "") throw missing(program);
    return secret;
  };
  const state = async (entry?: Entry) => {
    const listed = await run("list", "");
    // Some helpers list nothing. For an entry that does not exist, `get` needs no password.
    if (entry && !listed.includes(serverOf(entry))) await get(entry);
    return "ok" as const;
  };
  return {
    get,
    async set(entry, token) {
      const credential = { ServerURL: serverOf(entry), Username: USER, Secret: token };
      await run("store", JSON.stringify(credential));
    },
    async erase(entry) {
      // `docker-credential-pass` fails in its own words for an entry that it does not have.
      await run("erase", serverOf(entry)).catch(async (error: unknown) => {
        const is = stateOf(error);
        const isGone =
          is === "missing" || (is === "unavailable" && (await state(entry).catch(stateOf)) === "missing");
        if (!isGone) throw error;
      });
    },
    state,
  };
}

/** `docker-credential-pass` makes a file name of it, so it is not the name of the context. */
const USER = "bentocloud";

function serverOf({ id }: Entry): string {
  return `https://${id}.bentocloud-exec.invalid`;
}

function missing(program: string) {
  return secretError("missing", `${program} has no such entry`);
}

/** What Docker's own helpers print, and what Docker looks for. */
function isMissing(stdout: string): boolean {
  return stdout.trim() === "credentials not found in native keychain";
}

const MAX_REASON = 200;

/**
 * Helpers print their errors on stdout. One that crashed prints a trace on stderr, which nobody can use. One that failed
 * after it had answered must not have its answer shown.
 */
function reasonIn(stdout: string): string | undefined {
  const [line = ""] = stdout.trim().split("\n");
  return line === "" || line.startsWith("{") ? undefined : `says: ${cap(line, MAX_REASON)}`;
}

function readSecret(program: string, answer: string): string {
  try {
    const { Secret } = JSON.parse(answer) as { Secret?: unknown };
    if (typeof Secret === "string") return Secret;
  } catch {
    // Not JSON is no answer either.
  }
  throw secretError("unavailable", `${program} answered something that is no credential`);
}
