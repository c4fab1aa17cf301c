import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { homeWithTokens, PLANTED, repository, scan } from "./repository.ts";

sweepCanaries(PLANTED);

describe("scan: files of other kinds", () => {
  test("follows no symbolic link out of it", async () => {
    const { here, tokens } = homeWithTokens(1);
    const repo = repository(here);
    const outside = join(here.path, "outside");
    mkdirSync(outside);
    writeFileSync(join(outside, "file"), tokens[0]!);
    repo.write("folder/file", "clean");
    repo.write("other", "clean");
    repo.commit();
    repo.git("rm", "-r", "--quiet", "--cached", "other");
    Bun.spawnSync(["rm", "-rf", join(repo.path, "folder"), join(repo.path, "other")]);
    symlinkSync(outside, join(repo.path, "folder"));
    symlinkSync(join(outside, "file"), join(repo.path, "other"));
    const { code, findings, skipped } = await scan(repo);
    expect({ code, findings }).toEqual({ code: 0, findings: [] });
    expect(skipped.map(({ path }) => path)).toContain("folder/file");
  });

  test("a link whose target holds a token is found", async () => {
    const { here, tokens } = homeWithTokens(1);
    const repo = repository(here);
    symlinkSync(`/x/${tokens[0]}`, join(repo.path, "link"));
    const { code, findings } = await scan(repo);
    expect({ code, path: findings[0]?.path }).toEqual({ code: 1, path: "link" });
  });

  test.each([["a repository"], ["a directory"]])(
    "waits for no FIFO and opens no device in %s",
    async (kind) => {
      const { here } = homeWithTokens(1);
      const repo = repository(here);
      repo.write("file", "clean");
      repo.commit();
      if (kind === "a directory") Bun.spawnSync(["rm", "-rf", ".git"], { cwd: repo.path });
      Bun.spawnSync(["sh", "-c", "rm file; mkfifo file other; mknod zero c 1 5"], { cwd: repo.path });
      expect(await scan(repo)).toMatchObject({ code: 0, findings: [] });
    },
  );

  test("a FIFO that is named is refused, because nobody would look at what comes out of it", async () => {
    const { here } = homeWithTokens(1);
    Bun.spawnSync(["mkfifo", "pipe"], { cwd: here.path });
    await expect(scan({ home: here, path: here.path }, ["pipe"])).rejects.toThrow(/scan -.*"exit_code":2/);
  });

  test.skipIf(process.platform !== "linux")("files of the kernel, which have no size, are read", async () => {
    const { here } = homeWithTokens(0);
    const env = { BENTO_CLOUD_API_KEY: canary() };
    const { code, findings } = await scan({ home: here, path: here.path }, ["/proc/self/environ"], { env });
    expect({ code, paths: findings.map(({ context }) => context) }).toEqual({ code: 1, paths: ["__env__"] });
  });

  test("a link that is named is followed, and one in the tree is not", async () => {
    const { here, tokens } = homeWithTokens(1);
    const repo = repository(here);
    writeFileSync(join(here.path, "outside"), tokens[0]!);
    symlinkSync(join(here.path, "outside"), join(repo.path, "link"));
    symlinkSync("loop", join(repo.path, "loop"));
    expect(await scan(repo)).toMatchObject({ code: 0, findings: [] });
    expect(await scan(repo, ["link"])).toMatchObject({
      code: 1,
      findings: [{ path: join(here.path, "outside") }],
    });
    await expect(scan(repo, ["loop"])).rejects.toThrow(/too many symbolic links/);
  });

  test("names with line breaks and escape sequences are shown without them", async () => {
    const { here, tokens } = homeWithTokens(1);
    const repo = repository(here);
    repo.write("a\nb\u001b]0;t\u0007\u202e/leak\r", tokens[0]!);
    repo.write("z\u001b[2J", Buffer.from([0x1f, 0x8b, 8]));
    repo.commit();
    for (const args of [[], ["--history"]]) {
      const { stdout, stderr } = await run(["scan", ...args], { home: here, cwd: repo.path });
      expect(stdout).toContain("/leak");
      expect(stderr).toContain("gzip");
      // oxlint-disable-next-line no-control-regex
      expect(stdout + stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    }
  });
});
