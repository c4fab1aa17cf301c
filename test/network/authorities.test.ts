import { afterAll, describe, expect, test } from "bun:test";
import { doctor } from "../commands/doctor.ts";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";
import { CLIENTS } from "./clients.ts";

sweepCanaries();

const certificates = await makeCertificates();
const { ca, leaf } = certificates;
const cloud = await startCloud({ tls: leaf });
afterAll(() => cloud.stop());
const here = home();

/** A name, the content of the file, the reason in the message, and the runtimes that can use the file all the same. */
const FILES: readonly [
  name: string,
  content: string | Uint8Array | undefined,
  why: string,
  usedBy: RegExp,
][] = [
  ["a byte order mark", `\ufeff${ca}`, "begins with a byte order mark", /node/],
  ["UTF-16", Buffer.from(`\ufeff${ca}`, "utf16le"), "begins with a byte order mark", /^$/],
  [
    "a broken block behind a good one",
    `${ca}\n${broken()}`,
    "has a broken certificate (number 2)",
    /deno|node/,
  ],
  ["a broken block before a good one", `${broken()}${ca}`, "has a broken certificate (number 1)", /deno/],
  [
    "a block without an end",
    ca.split("\n").slice(0, 4).join("\n"),
    "has a broken certificate (number 1)",
    /^$/,
  ],
  ["two blocks on one line", ca.trimEnd() + ca, "has a broken certificate (number 1)", /deno/],
  ["a key only", leaf.key, "holds no certificate", /^$/],
  ["some text", "hello\n", "holds no certificate", /^$/],
  ["nothing", "", "holds no certificate", /^$/],
  ["bytes", Buffer.from(ca.replaceAll(/-----.*-----|\s/g, ""), "base64"), "holds no certificate", /^$/],
  ["no file", undefined, "does not exist", /^$/],
];

function broken(): string {
  return "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
}

describe.each(FILES)("NODE_EXTRA_CA_CERTS with %s", (name, content, why, usedBy) => {
  const path = `${here.path}/${name.replaceAll(" ", "-")}.pem`;
  if (content !== undefined) writeBelow(here.path, path.slice(here.path.length + 1), content);
  const env = { NODE_EXTRA_CA_CERTS: path };
  const sentence = `NODE_EXTRA_CA_CERTS names ${path}, which ${why}, so that nothing of it is trusted`;

  for (const { name: client, isMissing, ask } of CLIENTS)
    test.skipIf(isMissing)(
      `is named by the error, and the runtime prints nothing of its own: ${client}`,
      async () => {
        const options = { endpoint: cloud.url, token: cloud.issueToken(), env, warns: /node/.test(client) };
        const [outcome] = await ask(options, { path: "/api/v1/version" });
        if (usedBy.test(client)) return void expect(outcome?.code).toBe("OK");
        expect(outcome?.code).toBe("TLS");
        expect(outcome?.message).toEndWith(`; ${sentence}`);
        expect(outcome?.hint).toContain("repair the file that NODE_EXTRA_CA_CERTS names");
      },
    );

  test("is reported by doctor", async () => {
    const user = home();
    writeContexts(user, [{ name: "a", endpoint: cloud.url, token: cloud.issueToken() }]);
    const { code, stderr, of } = await doctor(["--timeout", "5"], { home: user, env });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(of("tls")?.message).toEndWith(`; ${sentence}`);
  });
});

test("only doctor warns of an unusable file of authorities that is not needed", async () => {
  const path = writeBelow(here.path, "unneeded.pem", "hello\n");
  const env = { NODE_EXTRA_CA_CERTS: path, SSL_CERT_FILE: certificates.caFile() };
  const user = home();
  writeContexts(user, [{ name: "a", endpoint: cloud.url, token: cloud.issueToken() }]);
  expect(await run(["whoami"], { home: user, env })).toMatchObject({ code: 0, stderr: "" });
  const { code, stderr, of } = await doctor([], { home: user, env });
  expect({ code, stderr, tls: of("tls")?.status, runtime: of("runtime")?.status }).toEqual({
    code: 0,
    stderr: "",
    tls: "ok",
    runtime: "warn",
  });
  expect(of("runtime")?.message).toContain(
    `NODE_EXTRA_CA_CERTS names ${path}, which holds no certificate, so that nothing of it is trusted`,
  );
});

test("a program that is started after a request still gets the variable", async () => {
  const user = home();
  const env = {
    NODE_EXTRA_CA_CERTS: "/nowhere.pem",
    SSL_CERT_FILE: certificates.caFile(),
    BENTO_CLOUD_API_KEY: cloud.issueToken(),
    BENTO_CLOUD_API_ENDPOINT: cloud.url,
  };
  writeBelow(user.path, ".bentorc", "organization=acme\n");
  const before = cloud.requests.length;
  const { stdout } = await run(["exec", "--", "printenv", "NODE_EXTRA_CA_CERTS"], { home: user, env });
  expect({ stdout, isAsked: cloud.requests.length > before }).toEqual({
    stdout: "/nowhere.pem\n",
    isAsked: true,
  });
});
