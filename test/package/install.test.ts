import { afterAll, afterEach, expect } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { type RunOptions, run } from "../support/bin.ts";
import { home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";
import { type Machine, machine } from "./machine.ts";
import { serveRelease } from "./release.ts";
import { describe, test } from "./equipped.ts";

sweepCanaries();

const SCRIPT = join(import.meta.dir, "../../scripts/install.sh");
const ARCHIVE = "bentocloud-linux-x64.tar.gz";
const TAG = `v${manifest.version}`;
const certificates = await makeCertificates();
const release = await serveRelease(join(home().path, "dist"));
const secure = await serveRelease(join(home().path, "dist"), certificates.leaf);
afterEach(() => release.restore());
afterAll(() => {
  release.stop();
  secure.stop();
});

/** Three machines: dash with curl, bash with wget, and one that has only BusyBox. */
const SHELLS = {
  dash: { command: ["dash"], busybox: false, downloader: "curl" },
  bash: { command: ["bash", "--posix"], busybox: false, downloader: "wget" },
  busybox: { command: ["busybox", "ash"], busybox: true, downloader: "wget" },
};

function linux(shell: keyof typeof SHELLS = "dash"): Machine {
  const { busybox, downloader } = SHELLS[shell];
  const made = machine([downloader], { busybox });
  made.fake("uname", 'if [ "$1" = -m ]; then echo x86_64; else echo Linux; fi');
  made.fake("ldd", "echo 'ldd (GNU libc) 2.36'");
  return made;
}

interface Install extends RunOptions {
  on: Machine;
  shell?: keyof typeof SHELLS;
  script?: string;
}

function install({ on, shell = "dash", script = SCRIPT, env = {}, ...options }: Install) {
  const [program = "", ...args] = SHELLS[shell].command;
  return run([...args, script], {
    home: on.home,
    command: [Bun.which(program)!],
    env: { PATH: on.bin, TMPDIR: temporary(on), BENTOCLOUD_RELEASES: release.url, ...env },
    ...options,
  });
}

function temporary({ home }: Machine): string {
  const folder = join(home.path, "tmp");
  mkdirSync(folder, { recursive: true });
  return folder;
}

function installed({ home }: Machine, path = ".local/bin/bentocloud"): string {
  return readFileSync(join(home.path, path), "utf8");
}

/** Nothing was installed, and no temporary file or folder is left. */
function expectNothing({ home }: Machine): void {
  expect(readdirSync(home.path).toSorted()).toEqual([".bin", "tmp"]);
  expect(readdirSync(join(home.path, "tmp"))).toEqual([]);
}

for (const shell of Object.keys(SHELLS) as (keyof typeof SHELLS)[])
  describe(`install.sh in ${shell} with ${SHELLS[shell].downloader}`, () => {
    test("installs the newest release, and says what to add to PATH", async () => {
      const on = linux(shell);
      const before = release.requests.length;
      const { code, stdout, stderr } = await install({ on, shell });
      expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
      const path = join(on.home.path, ".local/bin/bentocloud");
      expect(stderr).toContain(`installed bentocloud ${manifest.version} as ${path}\n`);
      expect(stderr).toContain(`export PATH="${on.home.path}/.local/bin:$PATH"`);
      expect(statSync(path).mode & 0o777).toBe(0o755);
      expect((await run(["--version"], { command: [path] })).stdout).toBe(`bentocloud ${manifest.version}\n`);
      expect(readdirSync(on.home.path).toSorted()).toEqual([".bin", ".local", "tmp"]);
      expect(readdirSync(join(on.home.path, "tmp"))).toEqual([]);
      expect(readdirSync(join(path, ".."))).toEqual(["bentocloud"]);
      expect(release.requests.slice(before)).toEqual([
        "/releases/latest/download/version.txt",
        `/releases/download/${TAG}/checksums.txt`,
        `/releases/download/${TAG}/${ARCHIVE}`,
      ]);
    });

    test("refuses an archive with another checksum, and leaves nothing", async () => {
      const on = linux(shell);
      release.change(ARCHIVE, "something else");
      const { code, stderr } = await install({ on, shell });
      expect(code).toBe(1);
      expect(stderr).toContain(`error: ${ARCHIVE} is not what checksums.txt of ${TAG} says`);
      expectNothing(on);
    });

    test("fails when checksums.txt has no line for the archive, half a line, or two", async () => {
      const on = linux(shell);
      const checksums = release.read("checksums.txt");
      const line = checksums.split("\n").find((one) => one.endsWith(ARCHIVE))!;
      for (const text of [
        checksums.replace(line, ""),
        checksums.replace(line, line.slice(8)),
        `${checksums}${line}\n`,
      ]) {
        release.change("checksums.txt", text);
        const { code, stderr } = await install({ on, shell });
        expect({ code, stderr }).toEqual({
          code: 1,
          stderr: `error: checksums.txt of ${TAG} has no checksum of ${ARCHIVE}\n`,
        });
      }
      expectNothing(on);
    });

    test.each(["version.txt", "checksums.txt", ARCHIVE])(
      "fails when %s cannot be downloaded",
      async (name) => {
        const on = linux(shell);
        release.change(name, undefined);
        const { code, stderr } = await install({ on, shell });
        expect(code).toBe(1);
        expect(stderr).toMatch(
          new RegExp(`error: cannot download http://127.0.0.1:\\d+/releases/.*/${name}\n$`),
        );
        expectNothing(on);
      },
    );

    test("does nothing when the download of the script was cut off after any line", async () => {
      const on = linux(shell);
      const lines = readFileSync(SCRIPT, "utf8").trimEnd().split("\n");
      const before = release.requests.length;
      const part = join(temporary(on), "part.sh");
      const env = {
        PATH: on.bin,
        HOME: on.home.path,
        TMPDIR: temporary(on),
        BENTOCLOUD_RELEASES: release.url,
      };
      for (let count = 0; count < lines.length; count++) {
        writeFileSync(part, lines.slice(0, count).join("\n"));
        const [program = "", ...args] = SHELLS[shell].command;
        const { stdout } = Bun.spawnSync([Bun.which(program)!, ...args, part], { env, cwd: on.home.path });
        expect(stdout.toString()).toBe("");
      }
      expect(lines.at(-1)).toBe("main");
      expect(readdirSync(on.home.path).toSorted()).toEqual([".bin", "tmp"]);
      expect(readdirSync(join(on.home.path, "tmp"))).toEqual(["part.sh"]);
      expect(release.requests.length).toBe(before);
    });

    test("replaces an older program, and keeps it when the new one does not run", async () => {
      const on = linux(shell);
      const folder = join(on.home.path, "programs");
      mkdirSync(folder);
      writeFileSync(join(folder, "bentocloud"), "the old one");
      on.fake("ldd", "echo 'musl libc (x86_64)'; exit 1");
      const broken = { BENTOCLOUD_INSTALL_DIR: "programs", BENTOCLOUD_VERSION: manifest.version };
      on.fake("cp", 'printf "#!/bin/sh\\nexit 127\\n" >"$2"');
      const failed = await install({ on, shell, env: broken });
      expect(failed.code).toBe(1);
      expect(failed.stderr).toContain('error: bentocloud does not run here: on Alpine, it needs "apk add');
      expect(installed(on, "programs/bentocloud")).toBe("the old one");
      on.fake("cp", 'cat "$1" >"$2"');
      expect((await install({ on, shell, env: broken })).code).toBe(0);
      expect(installed(on, "programs/bentocloud")).toContain("# linux-x64-musl\n");
      expect(readdirSync(folder)).toEqual(["bentocloud"]);
    });

    test("fails when the folder cannot be written to, and removes the folders it made", async () => {
      const on = linux(shell);
      const under = { BENTOCLOUD_INSTALL_DIR: join(on.bin, "cat/below") };
      const refused = await install({ on, shell, env: under });
      expect({ code: refused.code, last: refused.stderr.trimEnd().split("\n").at(-1) }).toEqual({
        code: 1,
        last: `error: cannot make ${on.bin}/cat/below`,
      });
      on.fake("cp", "exit 1");
      const full = await install({ on, shell, env: { BENTOCLOUD_INSTALL_DIR: join(on.home.path, "a/b/c") } });
      expect({ code: full.code, last: full.stderr.trimEnd().split("\n").at(-1) }).toEqual({
        code: 1,
        last: `error: cannot write to ${on.home.path}/a/b/c`,
      });
      expectNothing(on);
    });

    test("does not put the program into a folder called bentocloud", async () => {
      const on = linux(shell);
      mkdirSync(join(on.home.path, ".local/bin/bentocloud"), { recursive: true });
      const { code, stderr } = await install({ on, shell });
      expect(code).toBe(1);
      expect(stderr).toContain("/.local/bin/bentocloud is a directory\n");
      expect(readdirSync(join(on.home.path, ".local/bin/bentocloud"))).toEqual([]);
    });
  });

describe("install.sh chooses the build", () => {
  test.each([
    ["Linux", "x86_64", "glibc", "linux-x64"],
    ["Linux", "aarch64", "glibc", "linux-arm64"],
    ["Linux", "x86_64", "musl", "linux-x64-musl"],
    ["Linux", "aarch64", "musl", "linux-arm64-musl"],
    ["Darwin", "arm64", "", "darwin-arm64"],
    ["Darwin", "x86_64", "", "darwin-x64"],
    ["Darwin", "x86_64", "translated", "darwin-arm64"],
  ])("%s on %s %s: %s", async (system, processor, kind, target) => {
    const on = linux();
    on.fake("uname", `if [ "$1" = -m ]; then echo ${processor}; else echo ${system}; fi`);
    on.fake("ldd", kind === "musl" ? "echo 'musl libc (any)' >&2; exit 1" : "echo 'ldd (GNU libc) 2.36'");
    on.fake("sysctl", kind === "translated" ? "echo 1" : "echo 'unknown oid' >&2; exit 1");
    expect((await install({ on })).code).toBe(0);
    expect(installed(on)).toContain(`# ${target}\n`);
  });

  test.each([
    ["Linux", "armv7l", "there is no build for Linux on armv7l"],
    ["FreeBSD", "amd64", "there is no build for FreeBSD"],
    ["MINGW64_NT-10.0", "x86_64", "on Windows, use install.ps1, Scoop or npm"],
  ])("%s on %s: none", async (system, processor, message) => {
    const on = linux();
    on.fake("uname", `if [ "$1" = -m ]; then echo ${processor}; else echo ${system}; fi`);
    expect(await install({ on })).toMatchObject({ code: 1, stderr: `error: ${message}\n` });
    expectNothing(on);
  });
});

describe("install.sh", () => {
  test("fails without curl and wget, or without a program for SHA-256", async () => {
    const bare = machine([]);
    expect(await install({ on: bare })).toMatchObject({ code: 1, stderr: "error: curl or wget is needed\n" });
    expectNothing(bare);
    const on = linux();
    Bun.spawnSync(["rm", join(on.bin, "sha256sum")]);
    const { code, stderr } = await install({ on });
    expect(code).toBe(1);
    expect(stderr).toContain("error: sha256sum, shasum or openssl is needed");
    expectNothing(on);
  });

  test.each(["shasum", "openssl"])("uses %s where there is no sha256sum", async (name) => {
    const on = linux();
    Bun.spawnSync(["rm", join(on.bin, "sha256sum")]);
    on.fake(name, `PATH='${process.env["PATH"]}'; exec ${name} "$@"`);
    expect((await install({ on })).code).toBe(0);
    release.change(ARCHIVE, "something else");
    expect((await install({ on })).code).toBe(1);
  });

  test("installs the release of BENTOCLOUD_VERSION, with or without the v", async () => {
    for (const version of [TAG, manifest.version]) {
      const on = linux();
      const before = release.requests.length;
      expect((await install({ on, env: { BENTOCLOUD_VERSION: version } })).code).toBe(0);
      expect(release.requests.slice(before)[0]).toBe(`/releases/download/${TAG}/checksums.txt`);
    }
  });

  test.each(["../../evil", "v1/../../evil", "main", "v1 2", "v"])(
    "refuses %p as a version",
    async (version) => {
      const on = linux();
      const { code, stderr } = await install({ on, env: { BENTOCLOUD_VERSION: version } });
      expect(code).toBe(1);
      expect(stderr).toContain("is no version\n");
      expectNothing(on);
    },
  );

  test.each([
    "http://example.test/releases",
    "ftp://127.0.0.1/",
    "http://localhost:1@example.test/",
    "file:///tmp",
  ])("downloads nothing from %s", async (address) => {
    const on = linux();
    const { code, stderr } = await install({ on, env: { BENTOCLOUD_RELEASES: address } });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: BENTOCLOUD_RELEASES must /);
    expectNothing(on);
  });

  test("follows no redirect from https to http", async () => {
    const redirecting = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      tls: certificates.leaf,
      fetch: (request) => Response.redirect(release.url.replace("/releases", new URL(request.url).pathname)),
    });
    const on = linux();
    const env = {
      BENTOCLOUD_RELEASES: `https://127.0.0.1:${redirecting.port}/releases`,
      CURL_CA_BUNDLE: certificates.caFile(),
    };
    expect(await install({ on, env })).toMatchObject({ code: 1 });
    expectNothing(on);
    redirecting.stop(true);
  });

  test("downloads over https only from a server with a trusted certificate", async () => {
    const on = linux();
    const env = { BENTOCLOUD_RELEASES: secure.url };
    expect((await install({ on, env })).code).toBe(1);
    expectNothing(on);
    expect((await install({ on, env: { ...env, CURL_CA_BUNDLE: certificates.caFile() } })).code).toBe(0);
  });

  test("refuses a wget that does not check certificates", async () => {
    const on = linux("busybox");
    const env = { BENTOCLOUD_RELEASES: secure.url };
    const { code, stderr } = await install({ on, shell: "busybox", env });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "error: this wget does not check certificates; install curl\n",
    });
    expectNothing(on);
  });

  test("leaves nothing when interrupted", async () => {
    const on = linux();
    on.fake("curl", "kill -TERM $PPID; exec cat /dev/null");
    expect((await install({ on })).code).toBe(143);
    expectNothing(on);
  });

  test("changes no start-up file of a shell", async () => {
    const on = linux();
    writeFileSync(join(on.home.path, ".profile"), "# mine\n");
    expect((await install({ on })).code).toBe(0);
    expect(on.home.tree().filter((line) => line.startsWith(".profile"))).toEqual([".profile 0644"]);
    expect(readFileSync(join(on.home.path, ".profile"), "utf8")).toBe("# mine\n");
    expect(existsSync(join(on.home.path, ".bashrc"))).toBe(false);
  });
});
