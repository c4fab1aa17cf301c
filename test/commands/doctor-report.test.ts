import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { homeOf, writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import type { Plan } from "../support/cloud/misbehave.ts";
import { startProxy } from "../support/proxy.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";
import { writeRotation } from "./doctor.ts";
import { JOURNAL } from "./rotation.ts";

sweepCanaries(JOURNAL);

const certificates = await makeCertificates();
const cloud = await startCloud({ tls: certificates.leaf });
const proxy = await startProxy({ credentials: { username: "quillproxyuser", password: "quillproxypass" } });
afterAll(() => Promise.all([cloud.stop(), proxy.stop()]));

/** No report may hold one of these words, in any case: each stands for something of the user's. */
const PRIVATE = /quill|zephyr|cloud\.test/i;
const [ME, VERSION] = ["GET /api/v1/auth/current", "GET /api/v1/version"];
const EMAIL = "ada.quill@zephyr.example";
const [PROD, STAGING, GONE] = ["quill-prod", "Zephyr Staging", "gone-quill"];

interface Scene {
  home: ReturnType<typeof home>;
  cwd: string;
  env: Record<string, string>;
}

/** A user of whom everything has one of those words in its name. */
async function scene(): Promise<Scene> {
  const here = home();
  const project = join(here.path, "clients/quill/site");
  const token = cloud.issueToken({ email: EMAIL, organization: "zephyr-labs" });
  const endpoint = `https://cloud.test:${cloud.port}`;
  const entries = [
    { name: PROD, endpoint, token, email: EMAIL },
    { name: STAGING, endpoint: "https://yatai.quill.example/zephyr" },
  ];
  writeContexts(here, [...entries, { name: GONE }]);
  await run(["use", STAGING], { home: here });
  writeContexts(here, entries);
  writeRotation(here, { name: "quill-ci", token: canary(), endpoint: "https://yatai.quill.example/zephyr" });
  writeBelow(project, ".bentorc", `context=${PROD}\nendpoint=${endpoint}\norganization=zephyr-labs\n`);
  const bin = join(here.path, "tools/quill bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, "bentocloud"), "#!/bin/sh\n", { mode: 0o755 });
  const extra = writeBelow(here.path, "quill certificates/zephyr.pem", certificates.ca);
  const env = {
    PATH: `${bin}:/usr/bin:/bin`,
    USER: "adaquill",
    SHELL: "/bin/bash",
    LANG: "de_AT.UTF-8",
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: extra,
  };
  return { home: here, cwd: project, env };
}

async function report({ home, cwd, env }: Scene, ...args: string[]) {
  const argv = ["doctor", "--report", "--timeout", "2", ...args];
  const { code, stdout, stderr } = await run(argv, { home, cwd, env, keepsTilde: true });
  expect(stdout).not.toMatch(PRIVATE);
  expect(stdout).not.toContain(home.path);
  expect(stdout).not.toMatch(new RegExp(`(?<![\\w-])${hostname()}(?![\\w-])`));
  return { code, stdout, stderr };
}

const isCompiled = (process.env["BENTOCLOUD_RUNTIME"] || "binary") === "binary";

describe("doctor --report", () => {
  test("says what there is, without a name", async () => {
    const { code, stdout, stderr } = await report(await scene());
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^```text\nbentocloud \d+\.\d+\.\d+, \w+ \w+, (Bun|Deno) .*\non a terminal: no\n\n/,
    );
    expect(stdout).toEndWith("\n```\n");
    for (const line of [
      "ok    file         <path>",
      "warn  lost         another program removed 1 context: <context 1>",
      'ok    current      "<context 2>"',
      'warn  rotations    a token rotation is unfinished: "<api token>" at <endpoint 1>, started 3 hours ago',
      ...(isCompiled ? ["warn  copies       `bentocloud` starts <path>"] : []),
      "ok    proxy        requests go through <proxy> with a name and password (HTTPS_PROXY), which answers in",
      "ok    endpoint     <endpoint 2> is BentoCloud or Yatai, version 1.2.3",
      "ok    token        accepted, of <e-mail>, in <organization>",
    ])
      expect(stdout).toContain(line);
    expect(stderr).toContain("read the report before you post it");
  });

  test("is also an object", async () => {
    const { stdout } = await report(await scene(), "--json");
    const { checks, ...rest } = JSON.parse(stdout) as { checks: object[] };
    expect(Object.keys(rest)).toEqual(["version", "platform", "arch", "runtime", "terminal"]);
    for (const check of checks)
      expect(Object.keys(check)).toEqual(["id", "status", "message", "hint", "fixed"]);
  });

  test.each<[string, string, Plan, string]>([
    [
      "a refusal",
      ME,
      { status: 401, body: { message: "nobody in zephyr knows the token of quill" } },
      "fail  token        <TOKEN_REJECTED>\n",
    ],
    [
      "a server that breaks",
      VERSION,
      { status: 500, body: { message: "zephyr-db.internal at quill is down" } },
      "fail  endpoint     <API_500>\n",
    ],
    [
      "a redirect elsewhere",
      VERSION,
      { redirect: "https://sso.quill.example/login?user=ada" },
      "fail  endpoint     <HOST_MISMATCH>\n",
    ],
    ["a version of its own", VERSION, { json: { version: "1.2.3-quill.zephyr" } }, "version <version>\n"],
    [
      "another organization than the pinned one",
      "GET /api/v1/current_org",
      { json: { name: "quill-elsewhere" } },
      "fail  token        <PIN_MISMATCH>\n",
    ],
  ])("has the code of an error in the place of its words: %s", async (_what, route, plan, says) => {
    cloud.misbehave(route, plan);
    const { stdout } = await report(await scene());
    cloud.behave();
    expect(stdout).toContain(says);
  });

  test("names no host, no authority but public ones, and no file that is not there", async () => {
    const here = await scene();
    const { HTTPS_PROXY: _, ...env } = here.env;
    writeFileSync(join(here.cwd, ".bentorc"), "");
    const missing = { NODE_EXTRA_CA_CERTS: "/srv/quill/missing zephyr.pem" };
    const unknown = await report({ ...here, env: { ...env, ...missing } });
    expect(unknown.stdout).toContain("fail  tcp          no connection to port ");
    expect(unknown.stdout).toContain("NODE_EXTRA_CA_CERTS names <path>, which does not exist");
    writeContexts(here.home, [{ name: PROD, endpoint: `https://127.0.0.1:${cloud.port}/quill` }]);
    const { NODE_EXTRA_CA_CERTS: __, ...trusting } = env;
    expect((await report({ ...here, env: trusting })).stdout).toContain(
      "cannot be trusted: it is issued by <authority>, which nobody here trusts",
    );
  });

  test.each([
    ["a context that is not stored", { BENTOML_CLOUD_CONTEXT: "quill-unknown" }, "<NOT_FOUND>"],
    ["an endpoint", { BENTO_CLOUD_API_KEY: "quillqu", BENTO_CLOUD_API_ENDPOINT: "ftp://quill" }, "<USAGE>"],
  ])("does not name %s", async (_what, env, says) => {
    const here = await scene();
    const options = { ...here, env: { ...here.env, ...env }, cwd: here.home.path };
    expect((await report(options)).stdout).toContain(says);
  });

  test("names no file and no home of the contexts, also where they cannot be read", async () => {
    const here = await scene();
    const target = writeBelow(here.home.path, "my zephyr dots/quill contexts.yaml", here.home.read());
    chmodSync(target, 0o644);
    unlinkSync(here.home.file);
    symlinkSync(target, here.home.file);
    expect((await report(here, "--offline")).stdout).toContain(
      "warn  modes        others can read or change <path>\n",
    );
    const place = join(here.home.path, "zephyr/contexts of quill");
    writeBelow(place, ".yatai.yaml", "quill: [\n");
    const { code, stdout } = await report({ ...here, env: { BENTOML_HOME: place } }, "--offline");
    expect(code).toBe(1);
    expect(stdout).toContain("fail  file         <CORRUPT>\n");
  });

  test("names nothing that Python reads otherwise than it is written", async () => {
    const here = await scene();
    here.home.write(
      `contexts:\n- api_token: ${canary()}\n  email: null\n  endpoint: https://quill.example\n  name: 1_0\ncurrent_context_name: zephyr\n`,
    );
    const { stdout } = await report(here, "--offline");
    expect(stdout).toContain("line 5: <value>");
    expect(stdout).toMatch(/the current context is <context \d>, which does not exist/);
  });

  test("leaves what everybody has", async () => {
    const here = homeOf({ name: "default", endpoint: "https://cloud.bentoml.com" });
    const env = { HTTPS_PROXY: "http://127.0.0.1:9" };
    writeRotation(here, { name: "x", token: canary(), endpoint: "https://cloud.bentoml.com" });
    const { stdout } = await report({ home: here, cwd: here.path, env });
    expect(stdout).toContain('ok    current      "default"');
    expect(stdout).toContain("at https://cloud.bentoml.com, started");
    expect(stdout).toContain("cannot be reached: nothing listens there (ECONNREFUSED)");
  });

  test("repairs nothing", async () => {
    const { code, stderr } = await run(["doctor", "--report", "--fix"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: "error: --report and --fix exclude each other\n" });
  });
});
