import { describe, expect, test } from "bun:test";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";
import { CLIENTS } from "./clients.ts";
import { canMakeNetwork, makeNetwork } from "./namespace.ts";
import { NO_PROXY } from "./no-proxy.ts";

sweepCanaries();

const certificates = await makeCertificates();

const ADDRESSES = ["10.1.2.3/32", "10.1.2.4/32", "11.1.2.3/32", "2001:db8::5/128", "2001:db9::5/128"];
/** With the first line, a lookup of `localhost` leads to another address. */
const HOSTS = `10.1.2.3 localhost
10.1.2.4 a.test b.a.test ba.test a.test.evil xn--bcher-kva.test evil.localhost localhost.evil.test 127.0.0.1.evil.test
`;
const PROXY = "http://127.0.0.1:3128";
/** With NODE_USE_ENV_PROXY, Node's own agent and fetch would use the proxies also for this machine. */
const ALL = {
  HTTP_PROXY: PROXY,
  HTTPS_PROXY: PROXY,
  ALL_PROXY: PROXY,
  NODE_USE_ENV_PROXY: "1",
  NODE_EXTRA_CA_CERTS: certificates.caFile(),
};

/** The address that a request reached, or the code of its error. */
function reached({ code, message }: { code: string; message: string }): string {
  return code === "OK" ? (JSON.parse(message) as { reached: string }).reached : code;
}

/** The rows for http, which needs no certificates; the default port changes with the scheme. */
const ROWS = NO_PROXY.filter(([url]) => url.startsWith("https:")).map(([url, value, isExempt]) => ({
  url: url.replace("https:", "http:"),
  value: value.replace(":80", ":81").replace(":443", ":80"),
  isExempt,
}));

/** Endpoints of plain http without `insecureHttp`, and the address that their requests reach. */
const LOOPBACK = [
  ["http://localhost", "127.0.0.1"],
  ["http://localhost:8081", "::1"],
  ["http://LOCALHOST", "127.0.0.1"],
  ["http://127.0.0.1", "127.0.0.1"],
  ["http://127.1", "127.0.0.1"],
  ["http://127.8.8.8", "127.8.8.8"],
  ["http://[::1]", "::1"],
  ["http://evil.localhost", "USAGE"],
  ["http://localhost.", "USAGE"],
  ["http://localhost.evil.test", "USAGE"],
  ["http://127.0.0.1.evil.test", "USAGE"],
  ["http://[::ffff:127.0.0.1]", "USAGE"],
  ["http://0.0.0.0", "USAGE"],
  ["http://10.1.2.3", "USAGE"],
] as const;

describe.skipIf(!canMakeNetwork)("the route that a request takes", () => {
  const network =
    canMakeNetwork && makeNetwork({ addresses: ADDRESSES, hosts: HOSTS, certificate: certificates.leaf });

  for (const { name, isMissing, ask } of CLIENTS)
    describe.skipIf(isMissing)(name, () => {
      const send = async (insecureHttp: boolean, environments: Record<string, string>[]) => {
        const options = {
          endpoint: "http://a.test",
          token: canary(),
          env: ALL,
          insecureHttp,
          timeoutMs: 3000,
        };
        const wanted = environments.map((env) => ({ path: "/x", env }));
        // Node warns of NODE_USE_ENV_PROXY.
        return (await ask({ ...options, ...(await network), warns: true }, ...wanted)).map(reached);
      };

      test("follows NO_PROXY", async () => {
        const environments = ROWS.map(({ url, value }) => ({
          BENTO_CLOUD_API_ENDPOINT: url,
          NO_PROXY: value,
        }));
        const found = await send(true, environments);
        expect(ROWS.map((row, index) => ({ ...row, isExempt: found[index] !== "proxy" }))).toEqual(ROWS);
      });

      test("goes to a proxy on localhost without a lookup", async () => {
        const proxies = ["http://localhost:3128", "https://localhost:3129"];
        const found = await send(
          true,
          proxies.map((proxy) => ({ HTTP_PROXY: proxy })),
        );
        expect(found).toEqual(["proxy", "proxy"]);
      });

      test("to this machine is direct and without a lookup, and no other name counts as this machine", async () => {
        const environments = LOOPBACK.map(([endpoint]) => ({ BENTO_CLOUD_API_ENDPOINT: endpoint }));
        const found = await send(false, environments);
        expect(LOOPBACK.map(([endpoint], index) => [endpoint, found[index]])).toEqual(
          LOOPBACK.map(([endpoint, where]) => [endpoint, where]),
        );
      });
    });
});
