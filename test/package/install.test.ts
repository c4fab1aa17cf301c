import { afterAll, afterEach, expect } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { run } from "../support/bin.ts";
import { home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { describe, describeWith, test } from "./equipped.ts";
import {
  ARCHIVE,
  commandOf,
  expectNothing,
  install as installFrom,
  installed,
  lastLine,
  linux,
  SCRIPT,
  SHELLS,
  shells,
  temporary,
} from "./installer.ts";
import { machine } from "./machine.ts";
import { serveRelease } from "./release.ts";

sweepCanaries();

const TAG = `v${manifest.version}`;
const release = await serveRelease(join(home().path, "dist"));
afterEach(() => release.restore());
afterAll(() => release.stop());

const failure = (message: string) => ({ code: 1, stderr: `error: ${message}\n` });

function install(options: Parameters<typeof installFrom>[0]) {
  return installFrom({ ...options, env: { BENTOCLOUD_RELEASES: release.url, ...options.env } });
}

for (const shell of shells)
  describeWith(SHELLS[shell].tool)(`install.sh in ${shell} with ${SHELLS[shell].downloader}`, () => {
    test("installs the newest release, and says what to add to PATH", async () => {
      const on = linux(shell);
      const before = release.requests.length;
      const { code, stdout, stderr } = await install({ on, shell });
      expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
      const path = join(on.home.path, ".local/bin/bentocloud");
      expect(stderr).toContain(`installed bentocloud ${manifest.version} as ${path}\n`);
      expect(stderr).toContain(`export PATH="${on.home.path}/.local/bin:$PATH"`);
      expect((await run(["--version"], { command: [path] })).stdout).toBe(`bentocloud ${manifest.version}\n`);
      expect(on.home.tree().filter((line) => !line.startsWith(".bin"))).toEqual([
        ".local/ 0755",
        ".local/bin/ 0755",
        ".local/bin/bentocloud 0755",
        "tmp dir/ 0755",
      ]);
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
      expect(stderr).toContain(`error: ${ARCHIVE} does not match checksums.txt of ${TAG}`);
      expectNothing(on);
    });

    test("fails when checksums.txt has no line for the archive, a part of one, or two", async () => {
      const on = linux(shell);
      const checksums = release.read("checksums.txt");
      const line = checksums.split("\n").find((one) => one.endsWith(ARCHIVE))!;
      for (const text of [
        checksums.replace(line, ""),
        checksums.replace(line, line.slice(8)),
        checksums.replace(line, `${line.slice(8)}!`),
        checksums.slice(0, checksums.indexOf(line) + line.length),
        `${checksums}${line}\n`,
      ]) {
        release.change("checksums.txt", text);
        const { code, stderr } = await install({ on, shell });
        expect(stderr).toBe(`error: checksums.txt of ${TAG} has no checksum of ${ARCHIVE}\n`);
        expect(code).toBe(1);
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
        expect(lastLine(stderr)).toMatch(
          new RegExp(`^error: cannot download http://127.0.0.1:\\d+/releases/.*/${name}$`),
        );
        expectNothing(on);
      },
    );

    test("refuses a version.txt that holds no version, without printing it", async () => {
      const on = linux(shell);
      const wrong = ["", "v", "1.2", "1.2.3.4", "1..3", "v1.2.3-", "1.2.x", "\u001b[2J1.2.3", "1.2.3/../.."];
      for (const text of [...wrong.map((version) => `${version}\n`), manifest.version]) {
        release.change("version.txt", text);
        const { code, stderr } = await install({ on, shell });
        expect(stderr).toBe("error: version.txt of the newest release holds no version\n");
        expect(code).toBe(1);
      }
      expectNothing(on);
    });

    test("does nothing when the script was downloaded incompletely", async () => {
      const on = linux(shell);
      const text = readFileSync(SCRIPT, "utf8").trimEnd();
      const ends = [...text.matchAll(/\n/g)].map(({ index }) => index);
      const before = release.requests.length;
      const part = join(temporary(on), "part.sh");
      const env = { PATH: on.bin, HOME: on.home.path, BENTOCLOUD_RELEASES: release.url };
      for (const end of [...ends.filter((_, index) => index % 8 === 0), ...ends.slice(-3), text.length - 2]) {
        writeFileSync(part, text.slice(0, end));
        const { stdout } = Bun.spawnSync([...commandOf(shell), part], { env, cwd: on.home.path });
        expect(stdout.toString()).toBe("");
      }
      expect(text).toEndWith("\n}\n\nmain");
      expect(release.requests.length).toBe(before);
      rmSync(part);
      expectNothing(on);
    });

    test("replaces an older program, and keeps it when the new one does not run", async () => {
      const on = linux(shell);
      const folder = join(on.home.path, "programs");
      mkdirSync(folder);
      writeFileSync(join(folder, "bentocloud"), "the old one");
      on.fake("ldd", "echo 'musl libc (x86_64)'; exit 1");
      const env = { BENTOCLOUD_INSTALL_DIR: "programs", BENTOCLOUD_VERSION: manifest.version };
      on.fake("cp", 'printf "#!/bin/sh\\nexit 127\\n" >"$2"');
      const failed = await install({ on, shell, env });
      expect(failed.code).toBe(1);
      expect(failed.stderr).toContain('error: bentocloud does not run here: on Alpine, it needs "apk add');
      expect(installed(on, "programs/bentocloud")).toBe("the old one");
      on.fake("cp", 'cat "$1" >"$2"');
      expect((await install({ on, shell, env })).code).toBe(0);
      expect(installed(on, "programs/bentocloud")).toContain("# linux-x64-musl\n");
      expect(readdirSync(folder)).toEqual(["bentocloud"]);
    });

    test("fails when the folder cannot be written to, and removes the folders it made", async () => {
      const on = linux(shell);
      const under = { BENTOCLOUD_INSTALL_DIR: join(on.bin, "cat/below") };
      const refused = await install({ on, shell, env: under });
      expect(refused.code).toBe(1);
      expect(lastLine(refused.stderr)).toBe(`error: cannot make ${on.bin}/cat/below`);
      on.fake("cp", "exit 1");
      const full = await install({ on, shell, env: { BENTOCLOUD_INSTALL_DIR: join(on.home.path, "a/b/c") } });
      expect(full.code).toBe(1);
      expect(lastLine(full.stderr)).toBe(`error: cannot write to ${on.home.path}/a/b/c`);
      expectNothing(on);
    });

    test("creates folders that no other user can write to, with any umask", async () => {
      const on = linux(shell);
      const command = ["/bin/sh", "-c", 'umask 000; exec "$@"', "sh", ...commandOf(shell)];
      expect((await install({ on, shell, command })).code).toBe(0);
      expect(on.home.tree()).toContain(".local/ 0755");
      expect(on.home.tree()).toContain(".local/bin/bentocloud 0755");
    });

    test("leaves nothing when interrupted", async () => {
      const on = linux(shell);
      on.fake(on.downloader, '[ "$1" = --version ] || kill -TERM $PPID; exec cat /dev/null');
      expect((await install({ on, shell })).code).toBe(143);
      expectNothing(on);
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
    expect(await install({ on })).toMatchObject(failure(`${message}`));
    expectNothing(on);
  });
});

describe("install.sh reports in one sentence", () => {
  test.each(["tar", "gzip", "mktemp", "uname", "sed"])("that %s is missing", async (name) => {
    const on = linux();
    rmSync(join(on.bin, name));
    expect(await install({ on })).toMatchObject(failure(`${name} is needed`));
  });

  test("that nothing can download, or nothing can compute SHA-256", async () => {
    const bare = machine([]);
    expect(await install({ on: bare })).toMatchObject(failure("curl or wget is needed"));
    const on = linux();
    rmSync(join(on.bin, "sha256sum"));
    const { code, stderr } = await install({ on });
    expect(code).toBe(1);
    expect(stderr).toContain("error: sha256sum, shasum or openssl is needed");
    expectNothing(on);
  });

  test("that HOME or the temporary folder is missing", async () => {
    const on = linux();
    const homeless = await install({ on, env: { HOME: "" } });
    expect(homeless).toMatchObject(
      failure("HOME is not set; set BENTOCLOUD_INSTALL_DIR to a folder for the program"),
    );
    const { stderr } = await install({ on, env: { TMPDIR: "/nonexistent" } });
    expect(stderr).toBe("error: cannot make a temporary folder in /nonexistent\n");
  });

  test("that root installs only for root, unless a folder is named", async () => {
    const said = "for everybody: BENTOCLOUD_INSTALL_DIR=/usr/local/bin";
    const on = linux();
    on.fake("id", "echo 0");
    expect((await install({ on })).stderr).toContain(said);
    const named = { BENTOCLOUD_INSTALL_DIR: join(on.home.path, "programs") };
    expect((await install({ on, env: named })).stderr).not.toContain(said);
    on.fake("id", "echo 1000");
    expect((await install({ on })).stderr).not.toContain(said);
  });

  test("that PATH has another bentocloud first", async () => {
    const on = linux();
    on.fake("bentocloud", "exit 1");
    const env = { PATH: `${on.bin}:${on.home.path}/.local/bin` };
    const { code, stderr } = await install({ on, env });
    expect(code).toBe(0);
    expect(lastLine(stderr)).toBe(`PATH has another one first: ${on.bin}/bentocloud`);
  });

  test("that a folder is not in PATH, with shell code only if the path needs no quoting", async () => {
    const on = linux();
    const folder = (name: string) => ({ BENTOCLOUD_INSTALL_DIR: join(on.home.path, name) });
    expect((await install({ on, env: folder("my programs") })).stderr).toContain('/my programs:$PATH"\n');
    const { stderr } = await install({ on, env: folder("$(id)`id`") });
    expect(lastLine(stderr)).toEndWith("is not in PATH; add it in your shell's profile");
  });

  test.each(["../../evil", "v1/../../evil", "main", "v1 2", "v", "1.2", "1.2.3.4", "--help"])(
    "that %p is no version",
    async (version) => {
      const on = linux();
      const { code, stderr } = await install({ on, env: { BENTOCLOUD_VERSION: version } });
      expect(stderr).toBe("error: BENTOCLOUD_VERSION is no version; 1.2.3 is one\n");
      expect(code).toBe(1);
      expectNothing(on);
    },
  );
});

describe("install.sh", () => {
  test.each(["shasum", "openssl"])("uses %s where there is no sha256sum", async (name) => {
    const on = linux();
    rmSync(join(on.bin, "sha256sum"));
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

  test("replaces a link, and changes neither its target nor a folder of that name", async () => {
    const on = linux();
    const path = join(on.home.path, ".local/bin/bentocloud");
    mkdirSync(path, { recursive: true });
    const { code, stderr } = await install({ on });
    expect({ code, last: lastLine(stderr) }).toEqual({ code: 1, last: `error: ${path} is a directory` });
    expect(readdirSync(path)).toEqual([]);
    rmSync(path, { recursive: true });
    writeFileSync(join(on.home.path, "other"), "another program");
    symlinkSync(join(on.home.path, "other"), path);
    expect((await install({ on })).code).toBe(0);
    expect(installed(on, "other")).toBe("another program");
    expect(installed(on)).toContain("# linux-x64\n");
  });

  test("refuses a program that is not bentocloud of that version, and a link", async () => {
    const on = linux();
    const contents = ["#!/bin/sh\necho 1.4.5\n", "#!/bin/sh\necho bentocloud 9.9.9\n", "#!/bin/sh\nexit 1\n"];
    for (const content of contents) {
      release.repack(ARCHIVE, (folder) => writeFileSync(join(folder, "bentocloud"), content));
      const { code, stderr } = await install({ on });
      expect(code).toBe(1);
      expect(lastLine(stderr)).toMatch(
        /^error: (the program in .* is not bentocloud |bentocloud does not run)/,
      );
      expectNothing(on);
    }
    release.repack(ARCHIVE, (folder) => symlinkSync("/bin/sh", join(folder, "bentocloud")));
    expect(lastLine((await install({ on })).stderr)).toBe(`error: ${ARCHIVE} holds no bentocloud`);
    expectNothing(on);
  });

  test("changes no start-up file of a shell", async () => {
    const on = linux();
    writeFileSync(join(on.home.path, ".profile"), "# mine\n");
    expect((await install({ on })).code).toBe(0);
    expect(readFileSync(join(on.home.path, ".profile"), "utf8")).toBe("# mine\n");
    expect(existsSync(join(on.home.path, ".bashrc"))).toBe(false);
  });
});
