import { afterAll, afterEach, expect } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { home as newHome, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { describe, test } from "./equipped.ts";
import { ARCHIVE } from "./installer.ts";
import { serveRelease } from "./release.ts";

// The runner's environment file may hold the token: the action writes it there.
sweepCanaries({ files: ["github-env"] });

const ROOT = join(import.meta.dir, "../..");

interface Step {
  name: string;
  if?: string;
  shell: string;
  env?: Record<string, string>;
  run: string;
}

const action = parse(readFileSync(join(ROOT, "action.yml"), "utf8")) as {
  inputs: Record<string, { default: string }>;
  runs: { steps: Step[] };
};

const cloud = await startCloud();
const release = await serveRelease(join(newHome().path, "dist"));
afterAll(async () => {
  release.stop();
  await cloud.stop();
});

/** Imitates the part of a GitHub runner that a composite action sees. */
function job(gh = "exit 0") {
  const home = newHome();
  const file = (name: string) => join(home.path, `github-${name}`);
  for (const name of ["env", "path", "output"]) writeFileSync(file(name), "");
  mkdirSync(join(home.path, "bin"));
  writeFileSync(join(home.path, "bin/gh"), `#!/bin/sh\necho "$@" >>'${file("gh")}'\n${gh}\n`);
  chmodSync(join(home.path, "bin/gh"), 0o755);
  const read = (name: string) => readFileSync(file(name), "utf8");

  /** Runs a step as the runner does, with the PATH that earlier steps extended. */
  async function step(name: string, inputs: Record<string, string> = {}) {
    const { run: script, env = {} } = action.runs.steps.find(
      (it) => it.name === name && it.shell === "bash",
    )!;
    const context = { "github.token": "github-token" };
    for (const [input, { default: value }] of Object.entries(action.inputs))
      Object.assign(context, { [`inputs.${input}`]: inputs[input] ?? value });
    const filled = Object.entries(env).map(([key, value]) => [key, fill(value, context)]);
    const added = read("path").trim().split("\n").filter(Boolean);
    return run(["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
      home,
      command: ["bash"],
      // This step prints the token, so that the runner masks it.
      reveals: name === "Sign in",
      env: {
        ...Object.fromEntries(filled),
        PATH: [...added, join(home.path, "bin"), process.env["PATH"]].join(":"),
        GITHUB_ACTIONS: "true",
        GITHUB_ACTION_PATH: ROOT,
        GITHUB_ENV: file("env"),
        GITHUB_OUTPUT: file("output"),
        GITHUB_PATH: file("path"),
        RUNNER_TEMP: home.path,
        BENTOCLOUD_RELEASES: release.url,
      },
    });
  }
  return { home, read, step };
}

function fill(text: string, context: Record<string, string>): string {
  return text.replace(/^\$\{\{ (.*) \}\}$/, (_, expression: string) => {
    if (context[expression] === undefined) throw new Error(`unknown expression: ${expression}`);
    return context[expression];
  });
}

/** A program in the archive that leaves a note of its environment when it is run. */
function packSpy(note: string): void {
  release.repack(ARCHIVE, (folder) =>
    writeFileSync(
      join(folder, "bentocloud"),
      `#!/bin/sh\nenv >'${note}'\necho bentocloud ${manifest.version}\n`,
    ),
  );
}

describe("action", () => {
  afterEach(() => release.restore());

  test("no script contains an expression, so that no input can become a command", () => {
    for (const { run: script } of action.runs.steps) expect(script).not.toContain("${{");
  });

  test("installs, and passes the credentials to later steps", async () => {
    const { home, read, step } = job();
    expect((await step("Install")).code).toBe(0);
    expect(read("path")).toBe(`${home.path}/bentocloud\n`);
    expect((await step("Name the version")).code).toBe(0);
    expect(read("output")).toBe(`version=${manifest.version}\n`);
    const token = cloud.issueToken();
    const signedIn = await step("Sign in", { "api-key": token, endpoint: cloud.url });
    expect(signedIn.code).toBe(0);
    expect(signedIn.stdout).toStartWith(`::add-mask::${token}\n`);
    const seen = `${signedIn.stdout}${signedIn.stderr}`.replaceAll(`::add-mask::${token}\n`, "");
    expect(seen).toContain("verdict");
    expect(seen).not.toContain(token);
    const variables = [...read("env").matchAll(/^(\w+)<<(\S+)\n(.*)\n\2$/gm)].map(([, name, , value]) => [
      name,
      value,
    ]);
    expect(variables).toEqual([
      ["BENTO_CLOUD_API_KEY", token],
      ["BENTO_CLOUD_API_ENDPOINT", cloud.url],
    ]);
  });

  test("verifies the archive before it runs the program or puts it in place", async () => {
    const note = join(newHome().path, "note");
    const { home, read, step } = job(`sha256sum "$3" >>"$RUNNER_TEMP/github-gh"
[ ! -e '${note}' ] && [ ! -e "$RUNNER_TEMP/bentocloud" ] && [ "$GH_TOKEN" = github-token ]`);
    packSpy(note);
    expect((await step("Install")).code).toBe(0);
    const [words = "", checksum = ""] = read("gh").split("\n");
    const path = words.split(" ")[2]!;
    expect(path).toEndWith(`/${ARCHIVE}`);
    expect(words).toBe(
      `attestation verify ${path} --repo bentoml/bentocloud --signer-workflow ` +
        `bentoml/bentocloud/.github/workflows/release.yml --source-ref refs/tags/v${manifest.version}`,
    );
    expect(checksum).toStartWith(release.checksum(ARCHIVE));
    expect(existsSync(join(home.path, "bentocloud/bentocloud"))).toBe(true);
    expect(readFileSync(note, "utf8")).not.toContain("github-token");
  });

  test("neither runs nor installs a program that the project's own pipeline did not build", async () => {
    const note = join(newHome().path, "note");
    const { home, read, step } = job("exit 1");
    packSpy(note);
    const { code, stderr } = await step("Install");
    expect(code).toBe(1);
    expect(stderr).toEndWith(`error: the release pipeline of bentocloud did not make this ${ARCHIVE}\n`);
    expect(read("path")).toBe("");
    expect(existsSync(note)).toBe(false);
    expect(existsSync(join(home.path, "bentocloud"))).toBe(false);
  });

  test.each([
    ["true", 1],
    ["", 1],
    ["no", 1],
    ["False", 1],
    ["false", 0],
  ])("goes without the attestation only for false, and %p is not it: %d", async (attestation, code) => {
    expect((await job("exit 1").step("Install", { attestation })).code).toBe(code);
  });

  test("installs the version it is given, and fails when that does not exist", async () => {
    expect((await job().step("Install", { version: manifest.version })).code).toBe(0);
    for (const version of ["9.9.9", "$(id)", "1.2.3\nnewest"]) {
      const { step, read } = job();
      expect((await step("Install", { version })).code).toBe(1);
      expect(read("path")).toBe("");
    }
  });

  test("fails when the token does not work, and passes no credentials on", async () => {
    const { read, step } = job();
    await step("Install");
    const { code, stderr } = await step("Sign in", { "api-key": canary(), endpoint: cloud.url });
    expect(code).toBe(4);
    expect(stderr).toContain("BENTO_CLOUD_API_KEY holds this token");
    expect(read("env")).toBe("");
  });
});
