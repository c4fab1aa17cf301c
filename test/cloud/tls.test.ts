import { afterAll, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { home, run, type RunOptions } from "../support/bin.ts";
import { startCloud, type LocalCloud } from "../support/cloud.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";

sweepCanaries();

const certificates = await makeCertificates();
const ca = certificates.caFile();
const secure = await startCloud({ tls: certificates.leaf });
const expired = await startCloud({ tls: certificates.expired });
const elsewhere = await startCloud({ tls: certificates.otherHost });
const plain = await startCloud();

afterAll(() => Promise.all([secure, expired, elsewhere, plain].map((cloud) => cloud.stop())));

const argsFor = (endpoint: string) => ["login", "--with-token", "--json", "--endpoint", endpoint];

async function signIn(cloud: LocalCloud, options: RunOptions = {}, endpoint = cloud.url) {
  const { code, stderr } = await run(argsFor(endpoint), { stdin: cloud.issueToken(), ...options });
  const error =
    code === 0 ? undefined : (JSON.parse(stderr).error as Record<"code" | "message" | "hint", string>);
  return { code, error };
}

describe("a certificate", () => {
  test.each([
    ["of an unknown authority", secure, {}, "cannot be trusted", "NODE_EXTRA_CA_CERTS"],
    ["that is too old", expired, { NODE_EXTRA_CA_CERTS: ca }, "is not valid at this time", "clock"],
    ["of another host", elsewhere, { NODE_EXTRA_CA_CERTS: ca }, "is for another host", "host name"],
  ])("%s is TLS, exit 5, and no request is made", async (_name, cloud, env, says, hint) => {
    const { code, error } = await signIn(cloud, { env });
    expect({ code, error: error?.code }).toEqual({ code: 5, error: "TLS" });
    expect(error?.message).toStartWith(`the TLS certificate of ${cloud.url} ${says}`);
    expect(error?.hint).toContain(hint);
    expect(cloud.requests).toEqual([]);
  });

  test("is not made good by NODE_TLS_REJECT_UNAUTHORIZED of another program", async () => {
    const env = { NODE_TLS_REJECT_UNAUTHORIZED: "0" };
    expect(await signIn(secure, { env })).toMatchObject({ code: 5, error: { code: "TLS" } });
  });
});

test("https where only http answers says so", async () => {
  const { code, error } = await signIn(plain, {}, plain.url.replace("http:", "https:"));
  expect({ code, error: error?.code }).toEqual({ code: 5, error: "TLS" });
  expect(error?.message).toContain("something other than TLS answers");
  expect(error?.hint).toContain("http://");
});

test("http where only https answers is UNREACHABLE", async () => {
  const { code, error } = await signIn(secure, {}, secure.url.replace("https:", "http:"));
  expect({ code, error: error?.code }).toEqual({ code: 5, error: "UNREACHABLE" });
});

describe("an organization's own authority is accepted", () => {
  test.each(["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"])("from the file that %s names", async (name) => {
    expect((await signIn(secure, { env: { [name]: ca } })).code).toBe(0);
  });

  test("from the directory that SSL_CERT_DIR names", async () => {
    const here = home();
    const directory = join(here.path, "certificates");
    mkdirSync(directory);
    copyFileSync(ca, join(directory, "authority.pem"));
    Bun.spawnSync(["openssl", "rehash", directory]);
    expect((await signIn(secure, { home: here, env: { SSL_CERT_DIR: directory } })).code).toBe(0);
  });

  const store = "/etc/ssl/certs/ca-certificates.crt";
  const canMount =
    existsSync(store) && Bun.which("unshare") !== null && Bun.spawnSync(["unshare", "-m", "true"]).success;

  test.skipIf(!canMount)("from the system's store", async () => {
    const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
    const command = ["unshare", "-m", "sh", "-c", script, "sh", ca, store, ...programCommand()];
    expect((await signIn(secure, { command })).code).toBe(0);
  });
});
