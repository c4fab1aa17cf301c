import { askProgram } from "./ask-program.ts";
import {
  type Entry,
  secretError,
  type SecretOptions,
  type SecretStore,
  STORE_TIMEOUT_MS,
} from "./secret-store.ts";

/**
 * The Keychain of macOS, through Apple's own program. An item that this program made itself would be bound to this very
 * build, and the next version would raise a dialog. The token goes to its standard input, in hexadecimal, so that it is in
 * no argument and needs no quoting.
 */
export function keychainStore(options: SecretOptions): SecretStore {
  const run = (args: readonly string[], input = "") =>
    askProgram(options, { program: PROGRAM, args, input, limit: 64, timeoutMs: STORE_TIMEOUT_MS });
  const find = async ({ id }: Entry, more: readonly string[] = []) => {
    const { code, end, stdout } = await run(["find-generic-password", "-s", SERVICE, "-a", id, ...more]);
    if (code === 0) return stdout;
    if (code === NOT_FOUND) return undefined;
    if (code === NOT_ALLOWED)
      throw secretError("locked", "the keychain is locked", "security unlock-keychain");
    throw secretError("unavailable", `${PROGRAM} ${end}`);
  };
  return {
    async get(entry) {
      const secret = await find(entry, ["-w"]);
      if (secret === undefined) throw secretError("missing", "the keychain has no such entry");
      return secret.trim();
    },
    async set({ id }, token) {
      const hex = Buffer.from(token).toString("hex");
      const { code, end } = await run(
        ["-i"],
        `add-generic-password -U -s ${SERVICE} -a ${id} -l bentocloud -X ${hex}\n`,
      );
      // Its code does not tell whether the line worked: whoever stores a token reads it back.
      if (code === null) throw secretError("unavailable", `${PROGRAM} ${end}`);
    },
    async erase(entry) {
      if ((await find(entry)) === undefined) return;
      const { code, end } = await run(["delete-generic-password", "-s", SERVICE, "-a", entry.id]);
      if (code !== 0) throw secretError("unavailable", `${PROGRAM} ${end}`);
    },
    state: async (entry) => (!entry || (await find(entry)) !== undefined ? "ok" : "missing"),
  };
}

const PROGRAM = "/usr/bin/security";
const SERVICE = "run.bentocloud-exec";

/** The low bytes of errSecItemNotFound and errSecInteractionNotAllowed. */
const NOT_FOUND = 44;
const NOT_ALLOWED = 36;
