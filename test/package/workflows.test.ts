import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import project from "../../package.json" with { type: "json" };
import { writeArchive } from "../../scripts/package/archive.ts";
import { writeNpmPackages } from "../../scripts/package/npm.ts";
import { home as newHome, run, type Home } from "../support/bin.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeDist, TIME } from "./release.ts";

sweepCanaries();

const ROOT = join(import.meta.dir, "../..");

interface Job {
  uses?: string;
  needs?: string;
  permissions?: Record<string, string>;
  env?: Record<string, string>;
  steps?: { name?: string; uses?: string; run?: string; with?: Record<string, unknown> }[];
}

interface Workflow {
  permissions: object;
  concurrency: object;
  jobs: Record<string, Job>;
}

const FOLDER = join(ROOT, ".github/workflows");
const workflows = readdirSync(FOLDER).map(
  (name) => [name, readFileSync(join(FOLDER, name), "utf8")] as const,
);

describe.each(workflows)("%s", (_, text) => {
  const workflow = parse(text) as Workflow;
  const jobs = Object.values(workflow.jobs);
  const steps = jobs.flatMap(({ steps = [] }) => steps);

  test("grants permissions only in the jobs", () => {
    expect(workflow.permissions).toEqual({});
    expect(workflow.concurrency).toBeDefined();
    for (const job of jobs) expect(job.permissions).toBeDefined();
  });

  test("pins every action to a commit, and names its version", () => {
    const uses = text.split("\n").filter((line) => /^\s*-?\s*uses: /.test(line));
    expect(uses.length).toBeGreaterThan(0);
    for (const line of uses) expect(line).toMatch(/uses: (\.\/\S+$|[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/);
  });

  test("has no expression in a script", () => {
    for (const { run: script = "" } of steps) expect(script).not.toContain("${{");
  });

  test("runs no script of a dependency but Bun's, and keeps no credentials of the checkout", () => {
    for (const { run: script = "" } of steps.filter((step) => step.run?.includes("npm ci")))
      expect(script).toBe("npm ci --ignore-scripts && npm rebuild bun");
    for (const { uses = "", with: inputs } of steps)
      if (uses.startsWith("actions/checkout@")) expect(inputs).toEqual({ "persist-credentials": false });
  });
});

test("of the dependencies with a script for their installation, only Bun and Deno may run it", async () => {
  const { packages } = await Bun.file(join(ROOT, "package-lock.json")).json();
  const names = Object.keys(packages).filter((path) => packages[path].hasInstallScript);
  const allowed = { bun: true, deno: true, "tree-sitter-powershell": false };
  expect(names).toEqual(Object.keys(allowed).map((name) => `node_modules/${name}`));
  expect(project.allowScripts).toEqual(allowed);
});

describe("release.yml", () => {
  const { jobs } = parse(Object.fromEntries(workflows)["release.yml"]!) as Workflow;

  /** Runs the script of a step as GitHub does. */
  function runStep(job: string, name: string, home: Home, env: Record<string, string> = {}) {
    const script = jobs[job]!.steps!.find((step) => step.name === name)!.run!;
    return run(["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
      home,
      command: ["bash"],
      env: { PATH: `${home.path}:${process.env["PATH"]}`, ...env },
    });
  }

  test("shares no cache with other workflows", () => {
    const setups = Object.values(jobs).flatMap(({ steps = [] }) =>
      steps.filter(({ uses = "" }) => uses.startsWith("actions/setup-node@")),
    );
    expect(setups.length).toBeGreaterThan(2);
    for (const { with: inputs } of setups) expect(inputs).toMatchObject({ "package-manager-cache": false });
  });

  test("publishes nothing that its own run did not attest", async () => {
    const home = newHome();
    const gh = (verdict: string) => {
      writeFileSync(
        join(home.path, "gh"),
        `#!/bin/sh
case $1 in
  release) mkdir -p draft && touch draft/one draft/two ;;
  attestation) echo "$@" >>log; ${verdict} ;;
esac
`,
      );
      chmodSync(join(home.path, "gh"), 0o755);
    };
    const tag = { GITHUB_REF: "refs/tags/v1.0.0", GITHUB_REF_NAME: "v1.0.0" };
    const env = { GITHUB_REPOSITORY: "bentoml/bentocloud", ...tag };
    gh("exit 0");
    expect((await runStep("publish", "Verify the files of the draft", home, env)).code).toBe(0);
    const options =
      "--repo bentoml/bentocloud --signer-workflow bentoml/bentocloud/.github/workflows/release.yml " +
      "--source-ref refs/tags/v1.0.0";
    expect(readFileSync(join(home.path, "log"), "utf8")).toBe(
      ["one", "two"].map((name) => `attestation verify draft/${name} ${options}\n`).join(""),
    );
    gh('[ "$3" = draft/one ]');
    expect((await runStep("publish", "Verify the files of the draft", home, env)).code).not.toBe(0);
  });

  test.each([
    ["the program itself", undefined, true],
    ["a bare Bun", "#!/bin/sh\ncase $1 in --version) echo 1.4.5 ;; *) echo hostile ;; esac\n", false],
    ["a program without its name", `#!/bin/sh\necho ${project.version}\n`, false],
    [
      "a program that believes a package.json",
      `#!/bin/sh\ncase $1 in --version) echo bentocloud ${project.version} ;; *) echo hostile ;; esac\n`,
      false,
    ],
  ])("tries the program in the archive and in the npm package: %s", async (_, program, isRight) => {
    const home = newHome();
    const dist = join(home.path, "dist");
    makeDist(dist);
    if (program !== undefined) writeFileSync(join(dist, "linux-x64/bentocloud"), program);
    writeNpmPackages({ dist, time: TIME });
    renameSync(join(dist, "npm"), join(home.path, "npm"));
    mkdirSync(join(home.path, "release"));
    const files = [{ path: "bentocloud", from: join(dist, "linux-x64/bentocloud"), executable: true }];
    writeArchive(join(home.path, "release/bentocloud-linux-x64.tar.gz"), files, TIME);
    const env = { TARGET: "linux-x64", GITHUB_REF_NAME: `v${project.version}` };
    expect((await runStep("smoke", "Unpack", home, env)).code).toBe(0);
    expect((await runStep("smoke", "Run", home, env)).code === 0).toBe(isRight);
    expect((await runStep("smoke", "Run what npm installs", home, env)).code === 0).toBe(isRight);
  });

  test("runs the jobs one after the other, in this order", () => {
    expect(Object.entries(jobs).map(([name, { needs }]) => [name, needs])).toEqual([
      ["check", undefined],
      ["build", "check"],
      ["sign", "build"],
      ["package", "sign"],
      ["smoke", "package"],
      ["draft", "smoke"],
      ["attest", "draft"],
      ["npm", "attest"],
      ["publish", "npm"],
    ]);
  });

  test("can write only to the release and the attestations", () => {
    const writing = Object.entries(jobs).flatMap(([name, { permissions = {} }]) =>
      Object.entries(permissions).flatMap(([what, kind]) => (kind === "write" ? [`${name}: ${what}`] : [])),
    );
    expect(writing).toEqual([
      "draft: contents",
      "attest: attestations",
      "attest: id-token",
      "npm: id-token",
      "publish: contents",
    ]);
  });

  test("signs both programs for macOS before they are packaged", async () => {
    const home = newHome();
    const programs = ["darwin-arm64", "darwin-x64"].map((target) => `dist/${target}/bentocloud`);
    for (const program of programs) {
      mkdirSync(join(home.path, dirname(program)), { recursive: true });
      writeFileSync(join(home.path, program), "unsigned");
    }
    Bun.spawnSync(["tar", "-cf", "built.tar", "dist"], { cwd: home.path });
    Bun.spawnSync(["rm", "-r", join(home.path, "dist")]);
    writeFileSync(join(home.path, "codesign"), `#!/bin/sh\n[ "$1" = --verify ] || echo signed >"$6"\n`);
    chmodSync(join(home.path, "codesign"), 0o755);
    expect((await runStep("sign", "Sign", home)).code).toBe(0);
    for (const program of programs) {
      const { stdout } = Bun.spawnSync(["tar", "-xOf", "signed.tar", program], { cwd: home.path });
      expect(stdout.toString()).toBe("signed\n");
    }
  });

  const CREATE = "create v1.0.0 --draft --verify-tag --prerelease=false";
  const CREATE_RC = "create v1.0.0-rc.1 --draft --verify-tag --prerelease=true";
  const UPLOAD = "upload v1.0.0 --clobber release/file";
  test.each([
    ["none", "v1.0.0", [CREATE, UPLOAD]],
    ["none", "v1.0.0-rc.1", [CREATE_RC, "upload v1.0.0-rc.1 --clobber"]],
    ["true", "v1.0.0", [UPLOAD]],
    ["false", "v1.0.0", []],
  ])("drafts it once (isDraft: %s, %s)", async (state, tag, expected) => {
    const home = newHome();
    mkdirSync(join(home.path, "release"));
    writeFileSync(join(home.path, "release/file"), "");
    const view = state === "none" ? "exit 1" : `echo ${state}`;
    writeFileSync(
      join(home.path, "gh"),
      `#!/bin/sh\n[ "$2" != view ] || { ${view}; exit; }\nshift; echo "$@" >>log\n`,
    );
    chmodSync(join(home.path, "gh"), 0o755);
    writeFileSync(join(home.path, "log"), "");
    expect((await runStep("draft", "Draft the release", home, { GITHUB_REF_NAME: tag })).code).toBe(0);
    const lines = readFileSync(join(home.path, "log"), "utf8").split("\n").filter(Boolean);
    expect(lines.length).toBe(expected.length);
    for (const [index, line] of lines.entries()) expect(line).toStartWith(expected[index]!);
  });
});
