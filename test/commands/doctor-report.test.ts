import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { writeBelow, writeContexts } from "../store/fixture.ts";
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

/** No report may hold one of these words, in any case: they stand for whatever is somebody's own. */
const SECRET = /quill|zephyr|cloud\.test/i;
const EMAIL = "ada.quill@zephyr.example";
const [PROD, STAGING, GONE] = ["quill-prod", "Zephyr Staging", "gone-quill"];

interface Scene {
  home: ReturnType<typeof home>;
  cwd: string;
  env: Record<string, string>;
}

/** A user of whom everything has a telling name. */
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
  const { code, stdout, stderr } = await run(["doctor", "--report", "--timeout", "2", ...args], {
    home,
    cwd,
    env,
  });
  expect(stdout).not.toMatch(SECRET);
  expect(stdout).not.toContain(home.path);
  expect(stdout).not.toMatch(new RegExp(`(?<![\\w-])${hostname()}(?![\\w-])`));
  return { code, stdout, stderr };
}

describe("doctor --report", () => {
  test("says what there is, without a name", async () => {
    const { code, stdout, stderr } = await report(await scene());
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^```text\nbentocloud \d+\.\d+\.\d+, \w+ \w+, (Bun|Deno) .*\non a terminal: no, locale: de_AT\.UTF-8, shell: bash\n\n/,
    );
    expect(stdout).toEndWith("\n```\n");
    for (const line of [
      "ok    file         ~/bentoml/.yatai.yaml",
      "warn  lost         another program removed 1 context: <context",
      'warn  rotations    a token rotation has not ended: that of "<api token>" at <endpoint 2>, begun 3h ago',
      "ok    proxy        requests go through <proxy>, with a name and password, (HTTPS_PROXY), which answers in",
      "ok    endpoint     <endpoint 1> is BentoCloud or Yatai, version 1.2.3",
      "ok    token        accepted, of <e-mail>, in <organization 1>",
    ])
      expect(stdout).toContain(line);
    expect(stderr).toContain("look through it before you post it");
  });

  test("is the same as an object", async () => {
    const { stdout } = await report(await scene(), "--json");
    const { checks, ...rest } = JSON.parse(stdout) as { checks: object[] };
    expect(Object.keys(rest)).toEqual([
      "version",
      "platform",
      "arch",
      "runtime",
      "terminal",
      "locale",
      "shell",
    ]);
    for (const check of checks)
      expect(Object.keys(check)).toEqual(["id", "status", "message", "hint", "fixed"]);
  });

  test.each<[string, string, Plan, string]>([
    [
      "a refusal",
      "GET /api/v1/auth/current",
      { status: 403, body: { message: "get api token: no cluster quill in zephyr: record not found" } },
      "does not accept the API token: <server's words>",
    ],
    [
      "a server that breaks",
      "GET /api/v1/version",
      { status: 500, body: { message: "zephyr-db.internal at quill is down" } },
      "answered with HTTP 500: <server's words>",
    ],
    [
      "a redirect elsewhere",
      "GET /api/v1/version",
      { redirect: "https://sso.quill.example/login?user=ada" },
      "redirects to <address>",
    ],
    [
      "a version of its own",
      "GET /api/v1/version",
      { json: { version: "1.2.3-quill.zephyr" } },
      "version <server's words>",
    ],
    [
      "another organization",
      "GET /api/v1/current_org",
      { json: { name: "quill-elsewhere" } },
      'has "<organization',
    ],
  ])("keeps the words of the server to itself: %s", async (_what, route, plan, says) => {
    cloud.misbehave(route, plan);
    const { stdout } = await report(await scene());
    cloud.behave();
    expect(stdout).toContain(says);
  });

  test("names no authority but public ones", async () => {
    const here = await scene();
    const { NODE_EXTRA_CA_CERTS: _, HTTPS_PROXY: __, ...env } = here.env;
    writeFileSync(join(here.cwd, ".bentorc"), "");
    const url = `https://127.0.0.1:${cloud.port}/quill`;
    writeContexts(here.home, [{ name: PROD, endpoint: url }]);
    const { stdout } = await report({ ...here, env });
    expect(stdout).toContain(
      "fail  tls          the certificate is issued by <authority>, which nobody here trusts",
    );
  });

  test("names no host that cannot be found, no file that is not there, no context that is not stored", async () => {
    const here = await scene();
    const env = {
      ...here.env,
      HTTPS_PROXY: "",
      NODE_EXTRA_CA_CERTS: "/srv/quill/missing zephyr.pem",
      BENTOML_CLOUD_CONTEXT: "quill-unknown",
    };
    const options = { ...here, env, cwd: here.home.path };
    expect((await report(options, "--context", STAGING)).stdout).toContain("<endpoint 2> cannot be found");
    const { stdout } = await report(options);
    expect(stdout).toMatch(/there is no context "<context \d>", which BENTOML_CLOUD_CONTEXT names/);
    expect(stdout).toContain("NODE_EXTRA_CA_CERTS names <path>, which does not exist");
  });

  test("names no home of the contexts but the usual one, also when it is broken", async () => {
    const here = await scene();
    const place = join(here.home.path, "zephyr/contexts of quill");
    writeBelow(place, ".yatai.yaml", "contexts: [\n");
    const env = { ...here.env, BENTOML_HOME: place };
    const { code, stdout } = await report({ ...here, env }, "--offline");
    expect(code).toBe(1);
    expect(stdout).toContain("fail  file         <BENTOML_HOME>/.yatai.yaml");
  });

  test("names no part of an endpoint, however it is written", async () => {
    const here = await scene();
    const url = "HTTPS://Yatai.Quill.example:8443/Zephyr%20Team/";
    writeContexts(here.home, [{ name: STAGING, endpoint: url }]);
    const env = { ...here.env, HTTPS_PROXY: "", NO_PROXY: "" };
    const { stdout } = await report({ ...here, env, cwd: here.home.path });
    expect(stdout).toMatch(/<endpoint \d> cannot be found/);
    const pinned = writeBelow(
      here.home.path,
      "elsewhere/.bentorc",
      "endpoint=https://zephyr.example/quill\n",
    );
    const { stdout: mismatch } = await report({ ...here, env, cwd: dirname(pinned) });
    expect(mismatch).toMatch(
      /<project>\/\.bentorc:1 pins the endpoint "<endpoint \d>", but .* has "<endpoint \d>"\n/,
    );
  });

  test("names no file that a link leads to", async () => {
    const here = await scene();
    const target = writeBelow(here.home.path, "my zephyr dots/quill contexts.yaml", here.home.read());
    chmodSync(target, 0o644);
    unlinkSync(here.home.file);
    symlinkSync(target, here.home.file);
    const { stdout } = await report(here, "--offline");
    expect(stdout).toContain("warn  modes        others can read or change <path>\n");
  });

  test("names nothing that Python reads otherwise than it is written", async () => {
    const here = await scene();
    here.home.write(
      `contexts:\n- api_token: ${canary()}\n  email: null\n  endpoint: https://quill.example\n  name: 1_0\ncurrent_context_name: zephyr\n`,
    );
    const { stdout } = await report(here, "--offline");
    expect(stdout).toContain("line 5: context <value> is left out");
  });

  test("leaves what everybody has", async () => {
    const here = home();
    writeContexts(here, [{ name: "default", endpoint: "https://cloud.bentoml.com" }]);
    const env = { HTTPS_PROXY: "http://127.0.0.1:9" };
    const { stdout } = await report({ home: here, cwd: here.path, env });
    expect(stdout).toContain('ok    current      "default"');
    expect(stdout).toContain("cannot be reached: nothing listens there (ECONNREFUSED)");
    writeContexts(here, [{ name: "default" }]);
    writeBelow(here.path, ".bentorc", "endpoint=https://cloud.bentoml.com\n");
    expect((await report({ home: here, cwd: here.path, env })).stdout).toContain(
      'pins the endpoint "https://cloud.bentoml.com", but the context "default", chosen by current context ' +
        '(~/bentoml/.yatai.yaml:6), has "<endpoint 1>"',
    );
  });

  test("repairs nothing", async () => {
    const { code, stderr } = await run(["doctor", "--report", "--fix"]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: "error: --report goes without --fix\n" });
  });

  test("leaves no trace", async () => {
    const here = await scene();
    const tree = here.home.tree();
    await report(here);
    expect(here.home.tree()).toEqual(tree);
  });
});
