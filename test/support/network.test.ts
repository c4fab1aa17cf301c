import { afterAll, describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { startCloud, type LocalCloud } from "./cloud.ts";
import { run } from "./bin.ts";
import { needs } from "./needs.ts";
import { startProxy } from "./proxy.ts";
import { sweepCanaries } from "./sweep.ts";
import { makeCertificates } from "./tls.ts";

sweepCanaries();

const certificates = await makeCertificates();
const secure = await startCloud({ tls: certificates.leaf });
const expired = await startCloud({ tls: certificates.expired });
const elsewhere = await startCloud({ tls: certificates.otherHost });
const plain = await startCloud();

afterAll(() => Promise.all([secure, expired, elsewhere, plain].map((cloud) => cloud.stop())));

const PATH = "/api/v1/version";

function curl(cloud: LocalCloud, ...more: string[]) {
  return run(["-sS", `${cloud.url}${PATH}`, ...more], { command: ["curl"] });
}

describe("certificates", () => {
  test("are signed by the authority", () => {
    const authority = new X509Certificate(certificates.ca);
    expect(authority.ca).toBe(true);
    for (const { cert } of [certificates.leaf, certificates.expired, certificates.otherHost]) {
      expect(new X509Certificate(cert).verify(authority.publicKey)).toBe(true);
    }
  });

  needs("curl").test("are accepted with the authority, and only where and when they hold", async () => {
    const ca = certificates.caFile();
    expect(readFileSync(ca, "utf8")).toBe(certificates.ca);
    expect((await curl(secure, "--cacert", ca)).stdout).toContain("git_commit");
    expect((await curl(secure)).code).toBe(60);
    expect((await curl(expired, "--cacert", ca)).stderr).toContain("expired");
    expect((await curl(elsewhere, "--cacert", ca)).code).toBe(60);
  });

  test.each([
    ["no authority", () => secure, {}, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    ["an expired one", () => expired, { ca: certificates.ca }, "CERT_HAS_EXPIRED"],
    ["another host's", () => elsewhere, { ca: certificates.ca }, "ERR_TLS_CERT_ALTNAME_INVALID"],
  ])("are refused by fetch: %s", async (_name, cloud, tls, code) => {
    await expect(fetch(`${cloud().url}${PATH}`, { tls })).rejects.toMatchObject({ code });
  });
});

describe("startProxy", () => {
  test("tunnels https to a host that only it can find", async () => {
    const proxy = await startProxy();
    const url = `https://cloud.test:${secure.port}${PATH}`;
    const response = await fetch(url, { proxy: proxy.url, tls: { ca: certificates.ca } });
    expect(await response.json()).toHaveProperty("git_commit");
    expect(proxy.requests).toMatchObject([
      { method: "CONNECT", host: "cloud.test", port: secure.port, path: undefined },
    ]);
    await proxy.stop();
  });

  test("forwards http", async () => {
    const proxy = await startProxy();
    await fetch(`http://cloud.test:${plain.port}${PATH}?a=1`, {
      proxy: proxy.url,
      headers: { "X-Sent": "yes" },
    });
    expect(proxy.requests).toMatchObject([{ method: "GET", host: "cloud.test", path: `${PATH}?a=1` }]);
    expect(proxy.requests[0]!.headers["x-sent"]).toBe("yes");
    expect(plain.requests.at(-1)!.headers["x-sent"]).toBe("yes");
    await proxy.stop();
  });

  test("can demand credentials", async () => {
    const proxy = await startProxy({ credentials: { username: "me", password: "pass" } });
    const url = `http://cloud.test:${plain.port}${PATH}`;
    expect((await fetch(url, { proxy: proxy.url })).status).toBe(200);
    expect((await fetch(url, { proxy: proxy.url.replace("me:pass@", "") })).status).toBe(407);
    await proxy.stop();
  });
});
