import { afterAll, describe, expect, test } from "bun:test";
import { doctor } from "../commands/doctor.ts";
import { writeContexts } from "../store/fixture.ts";
import { home } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { needs } from "../support/needs.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";
import { CLIENTS } from "./clients.ts";
import { CREDENTIALS, startSquid, startTinyproxy } from "./proxies.ts";

sweepCanaries();

const certificates = await makeCertificates();
const secure = await startCloud({ tls: certificates.leaf });
const plain = await startCloud();
afterAll(() => Promise.all([secure.stop(), plain.stop()]));

const SECURE = `https://cloud.test:${secure.port}`;
const PLAIN = `http://cloud.test:${plain.port}`;
const PATH = "/api/v1/version";
const trusted = { NODE_EXTRA_CA_CERTS: certificates.caFile() };

const canMount = Bun.which("unshare") !== null && Bun.spawnSync(["unshare", "-m", "true"]).success;
const PROGRAMS = [
  { program: "squid", start: startSquid, needed: needs("squid", "openssl"), isMissing: false },
  { program: "tinyproxy", start: startTinyproxy, needed: needs("tinyproxy"), isMissing: !canMount },
] as const;

for (const { program, start, needed, isMissing } of PROGRAMS) {
  if (isMissing) continue;
  needed.describe(program, () => {
    // The body of a skipped suite runs too.
    const begin = (isClosed: boolean) => (needed.isMet ? start({ isClosed }) : new Promise<never>(() => {}));
    const [open, closed] = [begin(false), begin(true)];

    for (const { name, isMissing: isAbsent, ask } of CLIENTS)
      describe.skipIf(isAbsent)(name, () => {
        const send = async (endpoint: string, env: Record<string, string>) => {
          const token = (endpoint.startsWith("https:") ? secure : plain).issueToken();
          const options = { endpoint, token, env: { ...trusted, ...env }, insecureHttp: true };
          return (await ask(options, { path: PATH }))[0]!;
        };

        test("https goes through it by CONNECT, and http whole", async () => {
          const { port, log } = await open;
          const before = log().length;
          expect((await send(SECURE, { HTTPS_PROXY: `127.0.0.1:${port}` })).code).toBe("OK");
          expect((await send(PLAIN, { HTTP_PROXY: ` http://127.0.0.1:${port} ` })).code).toBe("OK");
          expect(log().slice(before)).toEqual([
            `CONNECT cloud.test:${secure.port}`,
            expect.stringMatching(/^GET /),
          ]);
        });

        test("the credentials in the variable are sent", async () => {
          const { port } = await closed;
          expect((await send(SECURE, { HTTPS_PROXY: `http://${CREDENTIALS}@127.0.0.1:${port}` })).code).toBe(
            "OK",
          );
          expect((await send(PLAIN, { http_proxy: `${CREDENTIALS}@127.0.0.1:${port}` })).code).toBe("OK");
        });

        test.each([
          ["none", "", "wants credentials"],
          ["wrong ones", "me:S3cretWord@", "does not accept the credentials in $"],
        ])(
          "a proxy that wants credentials and gets %s is named, and asked once",
          async (_what, userinfo, says) => {
            const { port, log } = await closed;
            for (const [endpoint, variable] of [
              [SECURE, "HTTPS_PROXY"],
              [PLAIN, "HTTP_PROXY"],
            ] as const) {
              const before = log().length;
              const outcome = await send(endpoint, { [variable]: `http://${userinfo}127.0.0.1:${port}` });
              expect(outcome.code).toBe("UNREACHABLE");
              expect(outcome.message).toBe(
                `the proxy http://127.0.0.1:${port} (${variable}) ${says.replace("$", variable)}`,
              );
              expect(JSON.stringify(outcome)).not.toContain("S3cretWord");
              expect(log().length - before).toBeLessThanOrEqual(1);
            }
          },
        );

        test("when the proxy cannot connect to the server, the error names the proxy", async () => {
          const { port } = await open;
          const outcome = await send("https://dead.test:1", { HTTPS_PROXY: `http://127.0.0.1:${port}` });
          expect(outcome.code).toBe("UNREACHABLE");
          expect(outcome.message).toMatch(
            /^the proxy http:\/\/127\.0\.0\.1:\d+ \(HTTPS_PROXY\) does not connect to dead\.test:1: HTTP 50\d$/,
          );
        });
      });

    test("doctor goes through it, checks the certificate, and shows the error of the proxy", async () => {
      const here = home();
      writeContexts(here, [{ name: "a", endpoint: SECURE, token: secure.issueToken() }]);
      const look = async (env: Record<string, string>) =>
        doctor(["--timeout", "5"], { home: here, env: { ...trusted, ...env } });
      const good = await look({ HTTPS_PROXY: `http://127.0.0.1:${(await open).port}` });
      expect({ code: good.code, tls: good.of("tls")?.status }).toEqual({ code: 0, tls: "ok" });
      const bad = await look({ HTTPS_PROXY: `http://127.0.0.1:${(await closed).port}` });
      expect({ code: bad.code, last: bad.ids.at(-1) }).toEqual({ code: 1, last: "proxy" });
      expect(bad.of("proxy")?.message).toEndWith("(HTTPS_PROXY) wants credentials");
    });
  });
}
