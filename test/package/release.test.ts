import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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

  const OPTIONS = "--ignore-scripts --provenance --access public --tag latest";

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
    expect(stderr).toContain("@bentocloud/cli-windows-x64@1.0.0 was not published: npm error code E422");
    expect(log()).not.toContain("a-umbrella");
  });

  test("publishes nothing when npm cannot be reached", async () => {
    const { publish, note, log } = prepare();
    note("down");
    expect(await publish()).toMatchObject({ code: 1, stdout: "" });
    expect(log).toThrow();
  });
});
