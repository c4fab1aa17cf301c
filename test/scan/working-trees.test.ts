import { describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { run } from "../support/bin.ts";
import { cleanEnvironment, programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { homeWithTokens, incomplete, leaky, PLANTED, repository, scan, scanAsNobody } from "./repository.ts";

sweepCanaries(PLANTED);

/** The most memory that a process had so far, in KiB; 0 where the system does not tell. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

describe("scan", () => {
  test("a file of 1 GiB takes no more memory than a small one", async () => {
    const { here, tokens } = homeWithTokens(1);
    const path = join(here.path, "big.bin");
    writeFileSync(path, "");
    truncateSync(path, 2 ** 30);
    appendFileSync(path, tokens[0]!);
    const env = cleanEnvironment(here);
    const child = Bun.spawn([...programCommand(), "scan", "big.bin", "--json"], {
      cwd: here.path,
      env,
      stderr: "pipe",
    });
    let peak = 0;
    const output = new Response(child.stdout).json();
    for (; child.exitCode === null; await Bun.sleep(20)) peak = Math.max(peak, peakOf(child.pid));
    const { findings, scanned } = await output;
    truncateSync(path, 0);
    expect(findings).toMatchObject([{ path: "big.bin", line: 1 }]);
    expect(scanned.bytes).toBe(2 ** 30 + tokens[0]!.length);
    if (process.platform === "linux") expect(peak).toBeWithin(1, 96 * 1024);
  });

  test("a directory in no repository is looked through, without the contexts file", async () => {
    const { here, tokens } = homeWithTokens(1);
    mkdirSync(join(here.path, "a/b"), { recursive: true });
    writeFileSync(join(here.path, "a/b/file"), tokens[0]!);
    const { code, findings } = await scan({ home: here, path: here.path });
    expect({ code, paths: findings.map(({ path }) => path) }).toEqual({ code: 1, paths: [join("a/b/file")] });
  });

  test("looks at the paths that are named, also at ignored files and outside of the working directory", async () => {
    const repo = leaky();
    repo.write(".gitignore", "secret\n");
    repo.write("one/file", repo.token);
    repo.write("two/file", repo.token);
    repo.write("secret", repo.token);
    const paths = async (...args: string[]) => (await scan(repo, args)).findings.map(({ path }) => path);
    expect(await paths("one")).toEqual(["one/file"]);
    expect(await paths("one", "two")).toEqual(["one/file", "two/file"]);
    expect(await paths("secret")).toEqual(["secret"]);
    repo.write("ignored/deep/file", repo.token);
    repo.write(".gitignore", "secret\nignored/\n");
    expect(await paths("ignored")).toEqual(["ignored/deep/file"]);
    expect(await paths("ignored/deep")).toEqual(["ignored/deep/file"]);
    const elsewhere = await scan({ home: repo.home, path: join(repo.path, "one") }, ["../two"]);
    expect(elsewhere.findings.map(({ path }) => path)).toEqual([join(repo.path, "two/file")]);
  });

  test("from a folder of the repository, all of the repository is looked at", async () => {
    const repo = leaky();
    repo.write("new.txt", repo.token);
    const { findings } = await scan({ ...repo, path: join(repo.path, "folder") });
    expect(findings.map(({ path }) => path)).toEqual([join(repo.path, "new.txt")]);
  });

  test("names that are not UTF-8", async () => {
    const repo = leaky();
    const name = Buffer.concat([Buffer.from(`${repo.path}/caf`), Buffer.from([0xe9]), Buffer.from(".txt")]);
    writeFileSync(name, `x ${repo.token}`);
    expect(await scan(repo)).toMatchObject({ code: 1, findings: [{ path: "caf\ufffd.txt", line: 1 }] });
    repo.git("add", "--all");
    expect(await scan(repo, ["--staged"])).toMatchObject({ code: 1, findings: [{ path: "caf\ufffd.txt" }] });
    unlinkSync(name);
  });

  test("a token in the name of a file is found, and masked", async () => {
    const { here, tokens } = homeWithTokens(1);
    const repo = repository(here);
    const file = join(repo.path, `backup-${tokens[0]}`);
    writeFileSync(file, "");
    const { code, findings } = await scan(repo);
    rmSync(file);
    expect({ code, path: findings[0]?.path }).toEqual({
      code: 1,
      path: expect.stringMatching(/^backup-\*{4}\w{4}$/),
    });
  });

  test("a file with a conflict is looked at once", async () => {
    const repo = leaky();
    repo.git("switch", "--quiet", "--create", "other", "HEAD~1");
    repo.write("folder/leak.txt", `${repo.token} changed\n`);
    repo.commit();
    Bun.spawnSync(["git", "merge", "main"], {
      cwd: repo.path,
      env: { PATH: process.env["PATH"]!, HOME: repo.home.path },
    });
    const { findings, scanned } = await scan(repo);
    expect(findings.length).toBeGreaterThan(0);
    expect(scanned.files).toBe(1);
  });

  test.skipIf(process.getuid?.() !== 0)("what may not be read is not clean", async () => {
    const repo = leaky();
    repo.write("closed.txt", "x");
    repo.write("closed/file", "x");
    repo.commit();
    repo.write("untracked/file", "x");
    const result = await scanAsNobody(repo, [], ["closed.txt", "closed", "untracked"]);
    expect(result.code).toBe(6);
    expect(incomplete(result)).toEqual([
      "permission denied",
      "permission denied",
      expect.stringMatching(/could not open directory '(?:closed|untracked)\/'.*'(?:closed|untracked)\/'/),
    ]);
  });

  test("the compressed members of a tar archive are reported, and its layers are missed", async () => {
    const repo = leaky();
    repo.write("image/empty", "");
    repo.write("image/long.txt", "x".repeat(300_000));
    repo.write("image/data.gz", Bun.gzipSync(Buffer.from(repo.token)));
    repo.write("image/blobs/sha256/0a", Bun.gzipSync(Buffer.from(repo.token)));
    const tar = Bun.spawnSync([
      "tar",
      "-c",
      "-C",
      `${repo.path}/image`,
      "empty",
      "long.txt",
      "data.gz",
      "blobs",
    ]);
    repo.write("image.tar", tar.stdout);
    const reasons = [
      { reason: "data.gz in it is gzip, not looked into", incomplete: false },
      {
        reason: "blobs/sha256/0a in it is gzip: unpack it, and give `scan -` what zcat prints",
        incomplete: true,
      },
    ];
    const withPath = (path: string) => reasons.map((one) => ({ path, ...one }));
    const command = ["sh", "-c", 'exec "$@" < image.tar', "sh", ...programCommand()];
    const streamed = await run(["scan", "-", "--json"], { home: repo.home, cwd: repo.path, command });
    expect({ code: streamed.code, skipped: JSON.parse(streamed.stdout).skipped }).toEqual({
      code: 6,
      skipped: withPath("standard input"),
    });
    const { code, skipped } = await scan(repo, ["image.tar"]);
    expect({ code, skipped }).toEqual({ code: 6, skipped: withPath("image.tar") });
  });

  test("archives and images are said to be left out", async () => {
    const repo = leaky();
    repo.write("a.gz", Buffer.from(Bun.gzipSync(Buffer.from(repo.token))));
    repo.write("b.png", Buffer.from("\u0089PNG\r\n\u001a\n", "latin1"));
    const { code, skipped } = await scan(repo);
    expect({ code, skipped }).toEqual({
      code: 0,
      skipped: [
        { path: "a.gz", reason: "gzip, not looked into", incomplete: false },
        { path: "b.png", reason: "an image, not looked into", incomplete: false },
      ],
    });
  });

  test("a repository without git, or with one that is too old, is not clean", async () => {
    const repo = leaky();
    const tools = join(repo.home.path, "tools");
    mkdirSync(tools);
    const none = await run(["scan"], { home: repo.home, cwd: repo.path, env: { PATH: tools } });
    expect(none).toMatchObject({ code: 6, stderr: expect.stringContaining("no git in PATH") });
    // An old git prints the options that it does not know.
    writeFileSync(
      join(tools, "git"),
      `#!/bin/sh\nprintf 'false\\n--is-shallow-repository\\n.git\\n.git\\n'\n`,
    );
    chmodSync(join(tools, "git"), 0o755);
    const old = await run(["scan"], { home: repo.home, cwd: repo.path, env: { PATH: `${tools}:/bin` } });
    expect(old).toMatchObject({ code: 6, stderr: expect.stringContaining("too old") });
  });

  test("a contexts file that cannot be read is not clean", async () => {
    const repo = leaky();
    repo.home.write("contexts:\n- api_token: [\n");
    const result = await scan(repo);
    expect(result.code).toBe(6);
  });

  test("standard input of any kind and length", async () => {
    const { here, tokens } = homeWithTokens(1);
    const at = { home: here, path: here.path };
    const text = `${"line\n".repeat(300_000)}key=${tokens[0]}\n`;
    expect(await scan(at, ["-"], { stdin: text })).toMatchObject({
      code: 1,
      findings: [{ path: "-", line: 300_001 }],
      scanned: { files: 0, objects: 0, bytes: text.length },
    });
    expect(await scan(at, ["-"], { stdin: "clean" })).toMatchObject({ code: 0, findings: [] });
    const bundle = await scan(at, ["-"], { stdin: "# v2 git bundle\n" });
    expect({ code: bundle.code, why: incomplete(bundle) }).toEqual({
      code: 6,
      why: [expect.stringContaining("clone it")],
    });
  });
});
