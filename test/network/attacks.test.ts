import { afterAll, describe, expect, test } from "bun:test";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { writeBelow } from "../store/fixture.ts";
import { home } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";
import { CLIENTS, type Wanted } from "./clients.ts";

sweepCanaries();

const cloud = await startCloud({ prefix: "/p" });
const certificates = await makeCertificates();
const secure = await startCloud({ tls: certificates.leaf });
const token = cloud.issueToken();
const ORIGIN = cloud.url.replace("/p", "");
const HOST = new URL(ORIGIN).host;

/** A server that must not receive any request. */
const heard: string[] = [];
const stranger = createServer((request, response) => {
  heard.push(`${request.method} ${request.url} ${request.rawHeaders.join(" ")}`);
  response.end("{}");
});
await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
const OTHER = `127.0.0.1:${(stranger.address() as AddressInfo).port}`;
afterAll(() => Promise.all([cloud.stop(), secure.stop(), stranger.close()]));

/** Paths and addresses that are not below the endpoint, or are not valid. */
const PATHS = [
  "/../x",
  "/a/../../x",
  "/./../x",
  "/%2e%2e/x",
  "/.%2E/x",
  "/..%2fx",
  "/..%5Cx",
  "/%2e%2e%2fx",
  "/..%252fx",
  "/%252e%252e%252fx",
  "/..;/x",
  "/..;a=b/x",
  "/..%3bx/x",
  "/..%253Bx/x",
  "/..%00/x",
  "//OTHER/x",
  "///OTHER/x",
  "http://OTHER/p/x",
  "HTTP://OTHER/p/x",
  "https://HOST/p/x",
  "ws://HOST/p/x",
  "http://me@HOST/p/x",
  "http://me:word@HOST/p/x",
  "http://HOST@OTHER/p/x",
  "http://HOST/q/x",
  "http://HOST/pp/x",
  "http://localhost:PORT/p/x",
  "http://127.0.0.1.evil.test/p/x",
  "file:///etc/passwd",
  "javascript:alert(1)",
  "data:application/json,{}",
  "http://[bad",
  "\\\\OTHER\\x",
  "/\\OTHER/x",
  "/x#fragment",
  "/x\r\nX-Evil: 1",
  "/x\ty",
  "\u0001",
];

/** Targets of redirects that are not below the endpoint. */
const REDIRECTS = PATHS.filter((path) => !/[\r\n\t\u0001#]/.test(path) && !path.startsWith("/.")).map(
  (path) => (path.startsWith("/%") || path.startsWith("/a/") ? `/p${path}` : path),
);

const HEADERS = [
  "Host",
  "hOsT",
  "X-YATAI-API-TOKEN",
  "x-yatai-api-token",
  "X_YATAI_API_TOKEN",
  "x_yatai-api_token",
  "Proxy-Authorization",
  "Proxy-Connection",
  "Content-Length",
  "Transfer-Encoding",
  "Connection",
  "Keep-Alive",
  "Upgrade",
  "Expect",
  "TE",
  "Trailer",
  "Accept-Encoding",
];

const placed = (text: string) =>
  text.replaceAll("OTHER", OTHER).replaceAll("HOST", HOST).replaceAll("PORT", String(cloud.port));

for (const { name, isMissing, ask } of CLIENTS)
  describe.skipIf(isMissing)(name, () => {
    const send = (...wanted: Wanted[]) => ask({ endpoint: cloud.url, token }, ...wanted);
    const since = (before: number) => cloud.requests.slice(before);

    test("sends nothing for a path that leads elsewhere", async () => {
      const before = cloud.requests.length;
      const outcomes = await send(...PATHS.map((path) => ({ path: placed(path) })));
      const codes = PATHS.map((path, index) => [path, outcomes[index]!.code]);
      expect(codes.filter(([, code]) => code !== "HOST_MISMATCH" && code !== "USAGE")).toEqual([]);
      expect({ sent: since(before), heard }).toEqual({ sent: [], heard: [] });
    });

    test("follows no redirect that leads elsewhere", async () => {
      for (const status of [301, 302, 303, 307, 308]) {
        const paths = REDIRECTS.map((target, index) => {
          const path = `/${status}/${index}`;
          cloud.misbehave(`GET ${path}`, { redirect: placed(target), status });
          return path;
        });
        const before = cloud.requests.length;
        const outcomes = await send(...paths.map((path) => ({ path })));
        cloud.behave();
        const codes = REDIRECTS.map((target, index) => [target, outcomes[index]!.code]);
        expect(codes.filter(([, code]) => code !== "HOST_MISMATCH")).toEqual([]);
        expect({ sent: since(before).length, heard }).toEqual({ sent: paths.length, heard: [] });
      }
    });

    test("turns no change into another request", async () => {
      const statuses = [301, 302, 307, 308];
      for (const status of statuses) cloud.misbehave(`POST /${status}`, { redirect: "/p/target", status });
      cloud.misbehave("POST /target", { json: { method: "POST" } });
      const before = cloud.requests.length;
      const init = { method: "POST", body: "{}" };
      const outcomes = await send(...statuses.map((status) => ({ path: `/${status}`, init })));
      cloud.behave();
      expect(outcomes.map(({ code }) => code)).toEqual(["API_301", "API_302", "OK", "OK"]);
      expect(
        since(before)
          .filter(({ path }) => path === "/target")
          .map(({ body }) => body),
      ).toEqual(["{}", "{}"]);
    });

    test("lets no header replace the token or the host", async () => {
      cloud.misbehave("GET /x", { json: {} });
      const before = cloud.requests.length;
      const outcomes = await send(
        ...HEADERS.map((header) => ({ path: "/x", init: { headers: { [header]: "evil" } } })),
      );
      cloud.behave();
      const codes = HEADERS.map((header, index) => [header, outcomes[index]!.code]);
      expect(
        codes.filter(([header, code]) => code !== "USAGE" && !/^x-yatai-api-token$/i.test(header!)),
      ).toEqual([]);
      for (const { headers } of since(before)) {
        expect(headers["x-yatai-api-token"] === token).toBe(true);
        expect({ host: headers.host, evil: JSON.stringify(headers).includes("evil") }).toEqual({
          host: HOST,
          evil: false,
        });
      }
    });

    test("sends the caller's own credentials beside the token, nowhere else, and never shows them", async () => {
      const [password, session] = [crypto.randomUUID(), crypto.randomUUID()];
      cloud.misbehave("GET /x", { redirect: "/p/y" });
      cloud.misbehave("GET /y", { json: {} });
      cloud.misbehave("GET /elsewhere", { redirect: `http://${OTHER}/p/y` });
      cloud.misbehave("GET /repeats", { status: 400, body: { error: `not ${password}, nor ${session}` } });
      const own = { authorization: `Basic ${password}`, cookie: `a=b; session=${session}` };
      const before = cloud.requests.length;
      const outcomes = await send(
        ...["/x", "/elsewhere", "/repeats"].map((path) => ({ path, init: { headers: own } })),
      );
      cloud.behave();
      expect(outcomes.map(({ code }) => code)).toEqual(["OK", "HOST_MISMATCH", "API_400"]);
      expect(outcomes[2]!.message).toContain("not ****, nor ****");
      expect(since(before).map(({ path }) => path)).toEqual(["/x", "/y", "/elsewhere", "/repeats"]);
      for (const { headers } of since(before)) {
        expect(headers).toMatchObject(own);
        expect(headers["x-yatai-api-token"] === token).toBe(true);
      }
      expect(heard).toEqual([]);
    });

    test("sends no header whose value contains a line end", async () => {
      cloud.misbehave("GET /x", { json: {} });
      const before = cloud.requests.length;
      const values = ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\u0001b", "\u{1f600}"];
      const outcomes = await send(
        ...values.map((value) => ({ path: "/x", init: { headers: { "X-A": value } } })),
      );
      cloud.behave();
      expect(outcomes.map(({ code }) => code).filter((code) => code === "OK")).toEqual([]);
      expect(since(before)).toEqual([]);
    });

    test("requests no organization other than the pinned one", async () => {
      const cwd = home().path;
      writeBelow(cwd, ".bentorc", "organization=acme\n");
      cloud.misbehave("GET /x", { json: {} });
      const wanted: Wanted[] = [
        ...[
          "X-Yatai-Organization",
          "x-yatai-organization",
          "X_Yatai_Organization",
          "x-yatai_organization",
        ].flatMap((header) =>
          ["other", "acme, other", "ACME"].map((value) => ({
            path: "/x",
            init: { headers: { [header]: value } },
          })),
        ),
        { path: "/x?organization_name=other" },
        { path: "/x?organization%5Fname=other" },
        { path: "/x?organization_name=acme&organization_name=other" },
        { path: "/x?a=b&organization_name=acme%00" },
      ];
      const before = cloud.requests.length;
      const outcomes = await ask({ endpoint: cloud.url, token, cwd }, ...wanted);
      const codes = wanted.map((one, index) => [JSON.stringify(one), outcomes[index]!.code]);
      expect(codes.filter(([, code]) => code !== "PIN_MISMATCH")).toEqual([]);
      expect(since(before).filter(({ path }) => path === "/x")).toEqual([]);
      const headers = { "X-Yatai-Organization": "acme" };
      const allowed = [{ path: "/x", init: { headers } }, { path: "/x?organization_name=acme" }];
      expect((await ask({ endpoint: cloud.url, token, cwd }, ...allowed)).map(({ code }) => code)).toEqual([
        "OK",
        "OK",
      ]);
      cloud.behave();
    });

    test("checks certificates even with NODE_TLS_REJECT_UNAUTHORIZED=0", async () => {
      const env = { NODE_TLS_REJECT_UNAUTHORIZED: "0" };
      const before = secure.requests.length;
      const [outcome] = await ask({ endpoint: secure.url, token: secure.issueToken(), env }, { path: "/x" });
      expect({ code: outcome!.code, seen: secure.requests.slice(before) }).toEqual({ code: "TLS", seen: [] });
    });

    test("follows no redirect from https to http", async () => {
      const env = { NODE_EXTRA_CA_CERTS: certificates.caFile() };
      const targets = [secure.url.replace("https:", "http:"), `http://${OTHER}`];
      for (const [index, target] of targets.entries())
        secure.misbehave(`GET /${index}`, { redirect: `${target}/x` });
      const options = { endpoint: secure.url, token: secure.issueToken(), env };
      const outcomes = await ask(options, ...targets.map((_target, index) => ({ path: `/${index}` })));
      secure.behave();
      expect(outcomes.map(({ code }) => code)).toEqual(["HOST_MISMATCH", "HOST_MISMATCH"]);
      expect(heard).toEqual([]);
    });

    test("sends https to this machine through no proxy", async () => {
      const proxy = `http://${OTHER}`;
      const env = { HTTPS_PROXY: proxy, ALL_PROXY: proxy, NODE_EXTRA_CA_CERTS: certificates.caFile() };
      for (const endpoint of [secure.url, secure.url.replace("127.0.0.1", "localhost")]) {
        const options = { endpoint, token: secure.issueToken(), env };
        expect((await ask(options, { path: "/api/v1/version" }))[0]!.code).toBe("OK");
      }
      expect(heard).toEqual([]);
    });

    test("prints no request even with BUN_CONFIG_VERBOSE_FETCH", async () => {
      const env = { BUN_CONFIG_VERBOSE_FETCH: "curl" };
      const [outcome] = await ask({ endpoint: cloud.url, token, env }, { path: "/api/v1/version" });
      expect(outcome!.code).toBe("OK");
    });

    test.each([
      "https://me:S3cretWord@cloud.test",
      "http://me:S3cretWord@127.0.0.1",
      "https://cloud.test?x=S3cretWord",
      "https://cloud.test#S3cretWord",
      "https://cloud.test\\@evil.test/S3cretWord",
      "https:/S3cretWord",
      "ftp://S3cretWord.test",
    ])("refuses the endpoint %p and does not repeat what may be secret in it", async (endpoint) => {
      const [outcome] = await ask({ endpoint, token }, { path: "/x" });
      expect(outcome!.code).toBe("USAGE");
      expect(JSON.stringify(outcome)).not.toContain("S3cretWord");
    });
  });
