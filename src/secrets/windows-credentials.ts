import { deleteCredential, getCredential, setCredential } from "../system/credential-manager.ts";
import { CliError } from "../errors.ts";
import { type Entry, secretError, type SecretStore } from "./secret-store.ts";

/** The Credential Manager of Windows. It is never locked while its user is signed in. */
export function windowsCredentials(): SecretStore {
  return {
    async get({ id }) {
      const token = await getCredential(id).catch(fail);
      if (token === undefined) throw secretError("missing", "the Credential Manager has no such entry");
      return token;
    },
    set: ({ id }, token) => setCredential(id, token).catch(fail),
    erase: ({ id }) => deleteCredential(id).catch(fail),
    async state(entry?: Entry) {
      return !entry || (await getCredential(entry.id).catch(fail)) !== undefined ? "ok" : "missing";
    },
  };
}

function fail(error: unknown): never {
  if (error instanceof CliError) throw error;
  throw secretError("unavailable", `the Credential Manager says: ${String(error)}`);
}
