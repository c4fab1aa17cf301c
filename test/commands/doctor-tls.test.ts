import { describe, expect, test } from "bun:test";
import { writeContexts } from "../store/fixture.ts";
import { home } from "../support/bin.ts";
import type { CloudOptions } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";
import { doctor } from "./doctor.ts";

sweepCanaries();
const startCloud = cloudsPerTest();
const certs = await makeCertificates();
const early = await certs.issue({ fromDays: 2 });
const TRUSTED = { NODE_EXTRA_CA_CERTS: certs.caFile() };

type Tls = NonNullable<CloudOptions["tls"]>;

async function look(tls: Tls, { env = {}, host = "127.0.0.1", command }: Options = {}) {
  const [cloud, here] = [await startCloud({ tls }), home()];
  const endpoint = cloud.url.replace("127.0.0.1", host);
  writeContexts(here, [{ name: "a", endpoint, token: cloud.issueToken() }]);
  const options = { home: here, env, ...(command && { command }) };
  const { code, of, ids } = await doctor(["--timeout", "5"], options);
  return { code, tls: of("tls"), last: ids.at(-1), cloud };
}

interface Options {
  env?: Record<string, string>;
  host?: string;
  command?: string[];
}

describe("doctor: tls: a certificate", () => {
  test.each([
    ["that has expired", certs.expired, "the certificate expired on", "check the clock"],
    ["that is not valid yet", early, "the certificate is only valid from", "check the clock"],
    [
      "of another host",
      certs.otherHost,
      "the certificate is for another host than 127.0.0.1, issued by Test Authority",
      "check the host name",
    ],
    ["that signs itself", certs.selfSigned, "the certificate is signed by nobody", "NODE_EXTRA_CA_CERTS"],
  ])("%s fails, and nothing is sent", async (_what, tls, says, hint) => {
    const found = await look(tls, { env: TRUSTED });
    expect(found).toMatchObject({ code: 1, last: "tls", tls: { status: "fail" } });
    expect(found.tls?.message).toStartWith(says);
    expect(found.tls?.hint).toContain(hint);
    expect(found.cloud.requests).toEqual([]);
  });

  test("of an unknown authority fails, and nothing is sent", async () => {
    const { code, tls, last, cloud } = await look(certs.leaf);
    expect({ code, last, requests: cloud.requests }).toEqual({ code: 1, last: "tls", requests: [] });
    expect(tls).toMatchObject({
      message: "the certificate is issued by Test Authority, which nobody here trusts",
      hint: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
    });
  });

  test("is checked also with NODE_TLS_REJECT_UNAUTHORIZED=0, and nothing else is printed", async () => {
    const [cloud, here] = [await startCloud({ tls: certs.leaf }), home()];
    writeContexts(here, [{ name: "a", endpoint: cloud.url, token: cloud.issueToken() }]);
    const { code, stderr } = await doctor([], { home: here, env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" } });
    expect({ code, stderr, requests: cloud.requests }).toEqual({ code: 1, stderr: "", requests: [] });
  });

  test.each(["127.0.0.1", "localhost"])(
    "of an authority that this machine was told to trust is in order: %s",
    async (host) => {
      const { code, tls } = await look(certs.leaf, { env: TRUSTED, host });
      expect(code).toBe(0);
      expect(tls?.status).toBe("ok");
      expect(tls?.message).toMatch(
        /^valid until \d{4}-\d\d-\d\d \((29|30)d\), issued by Test Authority, an authority that this machine was told to trust$/,
      );
    },
  );

  test("that ends soon is a warning", async () => {
    const { code, tls } = await look(await certs.issue({ toDays: 5 }), { env: TRUSTED });
    const hint = "the server needs a new certificate soon";
    expect({ code, tls }).toMatchObject({ code: 0, tls: { status: "warn", hint } });
  });

  const canMount = Bun.which("unshare") !== null && Bun.spawnSync(["unshare", "-m", "true"]).success;

  test.skipIf(!canMount)("of BentoCloud itself, but of no public authority, is read on the way", async () => {
    const host = "cloud.bentoml.com";
    const hosts = `${home().path}/hosts`;
    await Bun.write(hosts, `127.0.0.1 ${host} localhost\n`);
    const script = 'mount --bind "$1" /etc/hosts && shift && exec "$@"';
    const command = ["unshare", "-m", "sh", "-c", script, "sh", hosts, ...programCommand()];
    const theirs = await certs.issue({ hosts: [host] });
    const { code, tls } = await look(theirs, { env: TRUSTED, host, command });
    expect({ code, tls }).toMatchObject({
      code: 0,
      tls: { status: "warn", message: expect.stringContaining("somebody on the way reads what is sent") },
    });
  });
});

test("doctor: tls: fails where a server speaks http", async () => {
  const [cloud, here] = [await startCloud(), home()];
  writeContexts(here, [{ name: "a", endpoint: cloud.url.replace("http:", "https:") }]);
  const { code, of, ids } = await doctor(["--timeout", "5"], { home: here });
  expect({ code, last: ids.at(-1) }).toEqual({ code: 1, last: "tls" });
  expect(cloud.requests).toEqual([]);
  expect(of("tls")?.message).toContain("does not speak TLS there");
});
