import { CliError } from "../errors.ts";

/** Windows takes no more in one credential. */
const LIMIT_BYTES = 2560;

const SERVICE = "run.bentocloud-exec";

/** The Credential Manager of Windows, which only Bun can call. `local`: the entry does not roam to other machines. */
function credentials() {
  if (process.versions["bun"] !== undefined) return Bun.secrets;
  throw new CliError("SECRET_UNAVAILABLE", "this runtime cannot reach the Credential Manager of Windows", {
    hint: "use the program itself, or another store",
  });
}

export async function getCredential(name: string): Promise<string | undefined> {
  return (await credentials().get({ service: SERVICE, name })) ?? undefined;
}

export async function setCredential(name: string, value: string): Promise<void> {
  if (Buffer.byteLength(value) > LIMIT_BYTES)
    throw new CliError("SECRET_UNAVAILABLE", `the token is longer than ${LIMIT_BYTES} bytes`);
  await credentials().set({ service: SERVICE, name, value, persist: "local" });
}

export async function deleteCredential(name: string): Promise<void> {
  await credentials().delete({ service: SERVICE, name });
}
