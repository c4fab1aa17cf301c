import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { disagreements } from "../../scripts/release.ts";
import { home as newHome, run } from "../support/bin.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const ROOT = join(import.meta.dir, "../..");
const CHANGELOG = "# Changelog\n\n## 1.3.0\n\n- new\n\n## 1.2.0\n\n- old\n";

describe("a release", () => {
  test.each([
    ["1.3.0", "v1.3.0", CHANGELOG, []],
    ["1.3.0-rc.1", "v1.3.0-rc.1", CHANGELOG.replace("1.3.0", "1.3.0-rc.1"), []],
    ["1.3.0", "v1.2.0", CHANGELOG, ["the tag is v1.2.0, and package.json says 1.3.0"]],
    ["1.4.0", "v1.4.0", CHANGELOG, ["CHANGELOG.md has no section for 1.4.0"]],
    ["1.4.0", "v1.4.0", CHANGELOG.replace("1.3.0", "Unreleased"), ["CHANGELOG.md has no section for 1.4.0"]],
    ["latest", undefined, CHANGELOG.replace("1.3.0", "Unreleased"), ["package.json has no version: latest"]],
  ] as const)(
    "of version %s with tag %s needs a changelog that agrees",
    (version, tag, changelog, expected) => {
      expect(disagreements({ version, tag, changelog })).toEqual([...expected]);
    },
  );

  test("can be rehearsed while the changelog still says Unreleased", () => {
    const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8").replace(/^## .*/m, "## Unreleased");
    expect(disagreements({ version: "9.9.9", tag: undefined, changelog })).toEqual([]);
  });
});

describe("publishing to npm", () => {
  /** Makes a folder of packages, and a fake npm: a package is published when there is a file for it. */
  function prepare() {
    const home = newHome();
    const folder = join(home.path, "npm");
    const bin = join(home.path, "bin");
    for (const path of [folder, bin, join(home.path, "published")]) mkdirSync(path);
    const pack = (file: string, manifest: object) => {
      mkdirSync(join(home.path, file, "package"), { recursive: true });
      writeFileSync(join(home.path, file, "package/package.json"), JSON.stringify(manifest));
      Bun.spawnSync(["tar", "-czf", join(folder, `${file}.tgz`), "-C", join(home.path, file), "package"]);
    };
    pack("a-umbrella", { name: "bentocloud", version: "1.0.0", optionalDependencies: {} });
    pack("b-linux", { name: "@bentocloud/cli-linux-x64", version: "1.0.0" });
    pack("c-windows", { name: "@bentocloud/cli-windows-x64", version: "1.0.0" });
    writeFileSync(
      join(bin, "npm"),
      `#!/bin/sh
cd '${home.path}'
case "$1 $2" in
  "view "*) [ ! -e down ] || { echo 'npm error code ECONNRESET' >&2; exit 1; }
    [ -e "published/$(echo "$2" | tr / _)" ] && echo 1.0.0 && exit
    case $2 in bentocloud@*) exit 0 ;; *) echo 'npm error code E404' >&2; exit 1 ;; esac ;;
  "publish "*) [ ! -e "refuse-$(basename "$2")" ] || { echo 'npm error code E422' >&2; exit 1; }
    echo "$@" >>log ;;
esac
`,
    );
    chmodSync(join(bin, "npm"), 0o755);
    const publish = () =>
      run([join(ROOT, "scripts/release/npm.mjs"), folder], {
        home,
        command: [Bun.which("node")!],
        env: { PATH: `${bin}:${process.env["PATH"]}` },
      });
    const note = (name: string) => writeFileSync(join(home.path, name), "");
    const log = () => readFileSync(join(home.path, "log"), "utf8").replaceAll(`${folder}/`, "");
    return { publish, note, log };
  }

  const OPTIONS = "--provenance --access public --tag latest";

  test("publishes the platforms first, then the package that depends on them", async () => {
    const { publish, log } = prepare();
    expect(await publish()).toMatchObject({ code: 0 });
    expect(log()).toBe(
      ["b-linux", "c-windows", "a-umbrella"].map((name) => `publish ${name}.tgz ${OPTIONS}\n`).join(""),
    );
  });

  test("skips what is already published", async () => {
    const { publish, note, log } = prepare();
    note("published/@bentocloud_cli-linux-x64@1.0.0");
    const { code, stdout } = await publish();
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout:
        "@bentocloud/cli-linux-x64@1.0.0 was already published\n@bentocloud/cli-windows-x64@1.0.0 published\n" +
        "bentocloud@1.0.0 published\n",
    });
    expect(log()).not.toContain("b-linux");
  });

  test("does not publish the main package when a platform package fails", async () => {
    const { publish, note, log } = prepare();
    note("refuse-c-windows.tgz");
    const { code, stderr } = await publish();
    expect(code).toBe(1);
    expect(stderr).toContain(
      "error: @bentocloud/cli-windows-x64@1.0.0 was not published: npm error code E422",
    );
    expect(log()).not.toContain("a-umbrella");
  });

  test("publishes nothing when npm cannot be reached", async () => {
    const { publish, note, log } = prepare();
    note("down");
    expect(await publish()).toMatchObject({ code: 1, stdout: "" });
    expect(log).toThrow();
  });
});

interface Job {
  uses?: string;
  needs?: string;
  permissions?: Record<string, string>;
  steps?: { name?: string; uses?: string; run?: string }[];
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
});

describe("release.yml", () => {
  const { jobs } = parse(Object.fromEntries(workflows)["release.yml"]!) as Workflow;

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
    const script = jobs["sign"]!.steps!.find(({ name }) => name === "Sign")!.run!;
    const { code } = await run(["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
      home,
      command: ["bash"],
      env: { PATH: `${home.path}:${process.env["PATH"]}` },
    });
    expect(code).toBe(0);
    for (const program of programs) {
      const { stdout } = Bun.spawnSync(["tar", "-xOf", "signed.tar", program], { cwd: home.path });
      expect(stdout.toString()).toBe("signed\n");
    }
  });

  test.each([
    [
      "none",
      "v1.0.0",
      ["create v1.0.0 --draft --verify-tag --prerelease=false", "upload v1.0.0 --clobber release/file"],
    ],
    [
      "none",
      "v1.0.0-rc.1",
      ["create v1.0.0-rc.1 --draft --verify-tag --prerelease=true", "upload v1.0.0-rc.1 --clobber"],
    ],
    ["true", "v1.0.0", ["upload v1.0.0 --clobber release/file"]],
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
    const script = jobs["draft"]!.steps!.find(({ name }) => name === "Draft the release")!.run!;
    const { code } = await run(["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
      home,
      command: ["bash"],
      env: { PATH: `${home.path}:${process.env["PATH"]}`, GITHUB_REF_NAME: tag },
    });
    expect(code).toBe(0);
    const lines = readFileSync(join(home.path, "log"), "utf8").split("\n").filter(Boolean);
    expect(lines.length).toBe(expected.length);
    for (const [index, line] of lines.entries()) expect(line).toStartWith(expected[index]!);
  });
});
