import { afterAll, expect } from "bun:test";
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import manifest from "../../package.json" with { type: "json" };
import { REPOSITORY } from "../../scripts/package/project.ts";
import { writeContexts } from "../store/fixture.ts";
import { home as newHome, run, type Home } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { serveRelease } from "./release.ts";
import { describe, test } from "./equipped.ts";

// The Secret for the cluster may hold the token: that is its purpose.
sweepCanaries({ files: ["kubectl.stdin"] });

const ROOT = join(import.meta.dir, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const install = read("docs/guides/install.md");
const ci = read("docs/guides/ci.md");
const containers = read("docs/guides/containers.md");
const security = read("SECURITY.md");
const cloud = await startCloud();
const token = cloud.issueToken();
cloud.deploy(token, ["summarizer"]);
const release = await serveRelease(join(newHome().path, "dist"));
afterAll(async () => {
  release.stop();
  await cloud.stop();
});

/** The code blocks of a section in one language. */
function blocks(page: string, section: string, language: string): string[] {
  const [, text = ""] = page.split(`\n## ${section}\n`);
  const own = text.split("\n## ")[0]!;
  return [...own.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, of, code]) =>
    of === language ? [code!] : [],
  );
}

interface Line {
  env?: Record<string, string>;
  home?: Home;
  reveals?: boolean;
}

/** Runs lines of the guide unchanged, except for the address of the releases. */
function follow(lines: string, { env = {}, home = newHome(), reveals = false }: Line = {}) {
  const script = lines.replaceAll(`${REPOSITORY}/releases`, release.url);
  expect(script).not.toContain("github.com");
  const PATH = `${home.path}/bin:${process.env["PATH"]}`;
  const all = { PATH, BENTOCLOUD_RELEASES: release.url, ...env };
  return run(["-ec", script], { home, command: ["bash"], reveals, env: all });
}

/** Adds a program that records its arguments, its standard input, and whether it got credentials. */
function record(home: Home, name: string): () => string {
  const path = join(home.path, "bin", name);
  mkdirSync(join(home.path, "bin"), { recursive: true });
  const note = join(home.path, name);
  writeFileSync(
    path,
    `#!/bin/sh
cat >'${note}.stdin'
echo "$@" >'${note}.args'
test -n "$BENTO_CLOUD_API_KEY" && echo "$BENTO_CLOUD_API_ENDPOINT" >>'${note}.args'
true
`,
  );
  chmodSync(path, 0o755);
  return () => readFileSync(`${note}.args`, "utf8");
}

/** Makes a home where the program is installed and a context is stored. */
async function signedIn(): Promise<Home> {
  const home = newHome();
  writeContexts(home, [{ name: "default", endpoint: cloud.url, token, email: "me@example.test" }]);
  const options = { home, env: { BENTOCLOUD_INSTALL_DIR: join(home.path, "bin") } };
  expect((await follow(`curl -fsSL ${release.url}/latest/download/install.sh | sh`, options)).code).toBe(0);
  return home;
}

const CREDENTIALS = { BENTO_CLOUD_API_KEY: token, BENTO_CLOUD_API_ENDPOINT: cloud.url };

describe("docs/guides", () => {
  test("by hand: the lines install the program, and fail when the archive was changed", async () => {
    const [lines = ""] = blocks(install, "By hand", "sh");
    const home = newHome();
    const { code, stdout } = await follow(`${lines}~/.local/bin/bentocloud --version`, { home });
    expect(stdout).toBe(`bentocloud-linux-x64.tar.gz: OK\nbentocloud ${manifest.version}\n`);
    expect(code).toBe(0);
    release.change("bentocloud-linux-x64.tar.gz", "something else");
    const elsewhere = newHome();
    expect((await follow(lines, { home: elsewhere })).code).not.toBe(0);
    expect(existsSync(join(elsewhere.path, ".local"))).toBe(false);
    release.restore();
  });

  test("GitHub: the action has the inputs that the guide uses", () => {
    const [text = ""] = blocks(ci, "GitHub Actions", "yaml");
    const [{ uses, with: inputs }] = parse(text).steps;
    expect(uses).toBe(`${new URL(REPOSITORY).pathname.slice(1)}@v${manifest.version}`);
    const action = parse(read("action.yml"));
    for (const name of Object.keys(inputs)) expect(Object.keys(action.inputs)).toContain(name);
  });

  test("GitLab: the job installs, checks the credentials and lists the deployments", async () => {
    const [text = ""] = blocks(ci, "GitLab CI", "yaml");
    const { variables, before_script, script } = parse(text).deployments;
    expect(Object.keys(variables)).toEqual(["BENTO_CLOUD_API_ENDPOINT"]);
    const { code, stdout } = await follow([...before_script, ...script].join("\n"), { env: CREDENTIALS });
    expect(code).toBe(0);
    expect(stdout).toContain("verdict       valid\n");
    expect(stdout).toEndWith("\nsummarizer\n");
    const rejected = { ...CREDENTIALS, BENTO_CLOUD_API_ENDPOINT: "http://127.0.0.1:9" };
    expect((await follow(before_script.join("\n"), { env: rejected })).code).toBe(5);
  });

  test("Docker: the first stage installs the program where the second stage copies it from", async () => {
    const [text = ""] = blocks(containers, "Install the program in an image", "dockerfile");
    const home = newHome();
    const env = Object.fromEntries(
      [...text.matchAll(/^ENV (\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]),
    );
    expect(env).toEqual({ BENTOCLOUD_VERSION: manifest.version, BENTOCLOUD_INSTALL_DIR: "/usr/local/bin" });
    expect(text).toContain("COPY --from=bentocloud /usr/local/bin/bentocloud ");
    const installs = [...text.matchAll(/^RUN (curl .*)$/gm)].map(([, line]) => line!);
    expect(installs.length).toBe(1);
    const inside = { ...env, BENTOCLOUD_INSTALL_DIR: join(home.path, "usr/local/bin") };
    expect((await follow(installs[0]!, { home, env: inside })).code).toBe(0);
    expect(existsSync(join(home.path, "usr/local/bin/bentocloud"))).toBe(true);
  });

  test("Docker: a container gets the credentials of the active context, and no command line shows them", async () => {
    const home = await signedIn();
    const docker = record(home, "docker");
    expect((await follow(blocks(containers, "Docker", "sh")[0]!, { home })).code).toBe(0);
    expect(docker()).toBe(
      `run -e BENTO_CLOUD_API_KEY -e BENTO_CLOUD_API_ENDPOINT my-image bentocloud status\n${cloud.url}\n`,
    );
  });

  test("Kubernetes: the Secret holds a new token that works, and no command line shows it", async () => {
    const home = await signedIn();
    const kubectl = record(home, "kubectl");
    const { code, stdout } = await follow(blocks(containers, "Kubernetes", "sh")[0]!, { home });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(kubectl()).toBe("apply -f -\n");
    const secret = JSON.parse(readFileSync(join(home.path, "kubectl.stdin"), "utf8"));
    expect(secret).toMatchObject({ apiVersion: "v1", kind: "Secret", metadata: { name: "bentocloud" } });
    expect(Object.keys(secret.stringData)).toEqual(["BENTO_CLOUD_API_KEY", "BENTO_CLOUD_API_ENDPOINT"]);
    const key = secret.stringData.BENTO_CLOUD_API_KEY;
    expect(cloud.tokens.find(({ value }) => value === key)?.name).toBe("cluster");
    const [pod = ""] = blocks(containers, "Kubernetes", "yaml");
    expect(parse(pod).containers[0].envFrom).toEqual([{ secretRef: { name: secret.metadata.name } }]);
    const inPod = await follow("bentocloud status", {
      home: newHome(),
      env: { ...secret.stringData, PATH: `${home.path}/bin:${process.env["PATH"]}` },
    });
    expect(inPod.stdout).toContain("verdict       valid\n");
  });
});

describe("SECURITY.md", () => {
  const [lines = ""] = blocks(security, "Verifying a download", "sh");

  /** Follows the lines with a `gh` that records its arguments and ends with this code. */
  async function verify(code: number) {
    const home = newHome();
    const gh = record(home, "gh");
    appendFileSync(join(home.path, "bin/gh"), `exit ${code}\n`);
    const result = await follow(lines, { home });
    return { ...result, gh, isUnpacked: existsSync(join(home.path, "bentocloud")) };
  }

  test("verifying: the lines accept a release, and ask for the pipeline and the tag", async () => {
    const { code, stdout, gh } = await verify(0);
    expect(stdout).toBe(`bentocloud-linux-x64.tar.gz: OK\nbentocloud ${manifest.version}\n`);
    expect(code).toBe(0);
    expect(gh()).toBe(
      `attestation verify bentocloud-linux-x64.tar.gz --repo bentoml/bentocloud --source-ref refs/tags/v${manifest.version} ` +
        "--signer-workflow bentoml/bentocloud/.github/workflows/release.yml\n",
    );
  });

  test("verifying: the lines stop before they unpack what has no attestation, or another checksum", async () => {
    expect(await verify(1)).toMatchObject({ code: 1, isUnpacked: false });
    release.change("bentocloud-linux-x64.tar.gz", "something else");
    expect(await verify(0)).toMatchObject({ code: 1, isUnpacked: false });
    release.restore();
  });

  test("verifying: the page and both installers ask for the pipeline that attests", () => {
    const pipeline = ".github/workflows/release.yml";
    expect(parse(read(pipeline)).jobs).toHaveProperty("attest");
    for (const file of ["scripts/install.sh", "scripts/install.ps1", "SECURITY.md"])
      expect(read(file)).toContain(`bentoml/bentocloud/${pipeline}`);
  });
});
