import { describe, expect, test } from "bun:test";
import { chmodSync, chownSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sweepCanaries } from "../support/sweep.ts";
import { homeWithTokens, PLANTED, type Repository, repository, scan } from "./repository.ts";

sweepCanaries(PLANTED);

const MODES = [[], ["--history"], ["--staged"], ["--pushed", "origin"]];

/** A repository with a token in it, whose configuration starts a program wherever git lets it. */
function hostile(): Repository & { token: string; hasRun: () => boolean } {
  const { here, tokens } = homeWithTokens(1);
  const repo = repository(here);
  const token = tokens[0]!;
  const marker = join(here.path, "has-run");
  const evil = join(here.path, "evil");
  writeFileSync(evil, `#!/bin/sh\necho "$0 $*" >>'${marker}'\ncat 2>/dev/null\n`);
  chmodSync(evil, 0o755);
  repo.write("leak.txt", token);
  repo.write("big.bin", "x".repeat(100));
  repo.commit();
  repo.write("staged.txt", `line\n${token}`);
  repo.git("add", "staged.txt");
  repo.write(
    ".gitattributes",
    "* filter=evil diff=evil textconv=evil merge=evil ident working-tree-encoding=UTF-16\n",
  );
  const hooks = join(here.path, "hooks");
  mkdirSync(hooks);
  for (const hook of [
    "post-index-change",
    "reference-transaction",
    "post-checkout",
    "pre-auto-gc",
    "fsmonitor-watchman",
  ]) {
    writeFileSync(join(hooks, hook), `#!/bin/sh\n${evil} ${hook}\n`);
    chmodSync(join(hooks, hook), 0o755);
    writeFileSync(join(repo.path, ".git/hooks", hook), `#!/bin/sh\n${evil} ${hook}\n`);
    chmodSync(join(repo.path, ".git/hooks", hook), 0o755);
  }
  const settings: [string, string][] = [
    ["core.fsmonitor", evil],
    ["core.hooksPath", hooks],
    ["core.pager", evil],
    ["pager.log", evil],
    ["pager.ls-files", evil],
    ["core.editor", evil],
    ["core.sshCommand", evil],
    ["core.gitProxy", evil],
    ["core.askPass", evil],
    ["core.alternateRefsCommand", evil],
    ["credential.helper", evil],
    ["diff.external", evil],
    ["diff.evil.command", evil],
    ["diff.evil.textconv", evil],
    ["filter.evil.clean", evil],
    ["filter.evil.smudge", evil],
    ["filter.evil.process", evil],
    ["filter.evil.required", "true"],
    ["gpg.program", evil],
    ["log.showSignature", "true"],
    ["alias.ls-files", `!${evil}`],
    ["alias.cat-file", `!${evil}`],
    ["alias.rev-parse", `!${evil}`],
    ["uploadpack.packObjectsHook", evil],
    ["remote.origin.url", `ext::${evil} %S`],
    ["remote.origin.uploadpack", evil],
    ["remote.origin.vcs", "evil"],
    ["remote.origin.promisor", "true"],
    ["remote.origin.partialclonefilter", "blob:none"],
    ["remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*"],
    ["protocol.allow", "always"],
    ["protocol.ext.allow", "always"],
    ["submodule.recurse", "true"],
    ["extensions.partialClone", "origin"],
  ];
  repo.git("config", "core.repositoryFormatVersion", "1");
  for (const [name, value] of settings) repo.git("config", name, value);
  return { ...repo, token, hasRun: () => existsSync(marker) };
}

/** What git tells a hook about a push of HEAD. */
function pushOf(repo: Repository): string {
  const head = repo.git("-c", "core.fsmonitor=false", "rev-parse", "HEAD");
  return `refs/heads/main ${head} refs/heads/main ${"0".repeat(40)}\n`;
}

describe("scan: a hostile repository", () => {
  test.each(MODES.map((args) => [args.join(" ") || "no option", args] as const))(
    "starts no program of its configuration with %s",
    async (_, args) => {
      const repo = hostile();
      const { code, findings } = await scan(repo, args, { stdin: pushOf(repo) });
      expect(code).toBe(1);
      expect(findings.length).toBeGreaterThan(0);
      expect(repo.hasRun()).toBe(false);
    },
  );

  test("asks no server for the objects that a partial clone lacks", async () => {
    const repo = hostile();
    const blob = repo.git("-c", "core.fsmonitor=false", "rev-parse", "HEAD:big.bin");
    Bun.spawnSync(["rm", "-f", join(repo.path, ".git/objects", blob.slice(0, 2), blob.slice(2))]);
    for (const args of MODES) {
      const result = await scan(repo, args, { stdin: pushOf(repo) }).catch(String);
      if (args.includes("--history"))
        expect(result).toMatchObject({
          skipped: expect.arrayContaining([
            expect.objectContaining({ reason: expect.stringContaining("partial"), incomplete: true }),
          ]),
        });
      if (args.includes("--pushed")) expect(result).toContain('"exit_code":6');
    }
    expect(repo.hasRun()).toBe(false);
  });

  test("passes none of the variables on that start a program or write a file", async () => {
    const repo = hostile();
    const evil = join(repo.home.path, "evil");
    const trace = join(repo.home.path, "trace");
    const env = {
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "core.fsmonitor",
      GIT_CONFIG_VALUE_0: evil,
      GIT_CONFIG_PARAMETERS: `'core.fsmonitor'='${evil}'`,
      GIT_EXEC_PATH: repo.path,
      GIT_EXTERNAL_DIFF: evil,
      GIT_PAGER: evil,
      GIT_SSH_COMMAND: evil,
      GIT_PROXY_COMMAND: evil,
      GIT_ASKPASS: evil,
      GIT_TRACE: trace,
      GIT_TRACE2: trace,
      GIT_OBJECT_DIRECTORY: repo.home.path,
      GIT_NAMESPACE: "other",
      GIT_ATTR_SOURCE: "HEAD",
    };
    for (const args of MODES) expect((await scan(repo, args, { env, stdin: pushOf(repo) })).code).toBe(1);
    expect(repo.hasRun()).toBe(false);
    expect(existsSync(trace)).toBe(false);
  });

  test("does not start a git of the repository", async () => {
    const repo = hostile();
    for (const folder of [repo.path, join(repo.path, "bin")]) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "git"), `#!/bin/sh\n${join(repo.home.path, "evil")}\n`);
      chmodSync(join(folder, "git"), 0o755);
    }
    const PATH = [".", "", "bin", repo.path, join(repo.path, "bin"), process.env["PATH"]].join(":");
    expect((await scan(repo, [], { env: { PATH } })).code).toBe(1);
    const below = await scan({ ...repo, path: join(repo.path, "bin") }, ["--history"], { env: { PATH } });
    expect(below.code).toBe(1);
    expect((await scan({ ...repo, path: repo.home.path }, [repo.path], { env: { PATH } })).code).toBe(1);
    expect(repo.hasRun()).toBe(false);
  });

  test.skipIf(process.getuid?.() !== 0)(
    "is refused when it belongs to another user, as git does",
    async () => {
      const { here, tokens } = homeWithTokens(1);
      const repo = repository(here);
      repo.write("file", tokens[0]!);
      repo.commit();
      for (const path of ["", ".git"]) chownSync(join(repo.path, path), 1234, 1234);
      for (const args of MODES)
        await expect(scan(repo, args, { stdin: "" })).rejects.toThrow(/dubious ownership.*"exit_code":6/);
    },
  );
});
