import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { home, run, type RunOptions } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";

sweepCanaries();

const certificates = await makeCertificates();
const ca = certificates.caFile();
const secure = await startCloud({ tls: certificates.leaf });
afterAll(() => secure.stop());

async function signIn(options: RunOptions) {
  const args = ["login", "--with-token", "--endpoint", secure.url];
  return (await run(args, { stdin: secure.issueToken(), ...options })).code;
}

describe("an organization's own authority is accepted", () => {
  test.each(["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])("from the file that %s names", async (name) => {
    expect(await signIn({ env: { [name]: ca } })).toBe(0);
  });

  test("from the directory that SSL_CERT_DIR names", async () => {
    const here = home();
    const directory = join(here.path, "certificates");
    mkdirSync(directory);
    copyFileSync(ca, join(directory, "authority.pem"));
    Bun.spawnSync(["openssl", "rehash", directory]);
    expect(await signIn({ home: here, env: { SSL_CERT_DIR: directory } })).toBe(0);
  });

  const store = "/etc/ssl/certs/ca-certificates.crt";
  const canMount =
    existsSync(store) && Bun.which("unshare") !== null && Bun.spawnSync(["unshare", "-m", "true"]).success;

  test.skipIf(!canMount)("from the system's store", async () => {
    const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
    const command = ["unshare", "-m", "sh", "-c", script, "sh", ca, store, ...programCommand()];
    expect(await signIn({ command })).toBe(0);
  });
});
