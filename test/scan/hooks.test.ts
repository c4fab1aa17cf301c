import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/bin.ts";
import { needs } from "../support/needs.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { homeWithTokens, PLANTED, type Repository, repository } from "./repository.ts";

sweepCanaries(PLANTED);

type Hook = "pre-commit" | "pre-push";

function project(): Repository & { token: string } {
  const { here, tokens } = homeWithTokens(1);
  return { ...repository(here), token: tokens[0]! };
}

function install(repo: Repository, hook: Hook) {
  return run(["scan", "--install-hook", hook], { home: repo.home, cwd: repo.path });
}

/** Git as a person runs it, with or without the program in PATH. */
function git(repo: Repository, args: string[], { isInstalled = true } = {}) {
  const tools = join(repo.home.path, "tools");
  mkdirSync(tools, { recursive: true });
  const command = programCommand()
    .map((word) => `'${word}'`)
    .join(" ");
  if (isInstalled)
    writeFileSync(join(tools, "bentocloud"), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  const { exitCode, stderr } = Bun.spawnSync(
    ["git", "-c", "user.name=a", "-c", "user.email=a@b.test", ...args],
    {
      cwd: repo.path,
      env: { PATH: `${tools}:${process.env["PATH"]}`, HOME: repo.home.path, LANG: "C.UTF-8" },
    },
  );
  return { code: exitCode, stderr: stderr.toString() };
}

function writeHook(repo: Repository, path: string, text: string, mode = 0o755): void {
  repo.write(path, text);
  chmodSync(join(repo.path, path), mode);
}

/** A second repository to push to. */
function addRemote(repo: Repository): void {
  const remote = repository(repo.home, "remote", ["--bare"]);
  repo.git("remote", "add", "origin", remote.path);
}

describe("scan --install-hook pre-commit", () => {
  test("stops a commit with a token, and lets others pass", async () => {
    const repo = project();
    expect(await install(repo, "pre-commit")).toMatchObject({
      code: 0,
      stderr: `✓ ${join(repo.path, ".git/hooks/pre-commit")} looks for API tokens now\n`,
    });
    repo.write("clean.txt", "clean");
    repo.git("add", "--all");
    expect(git(repo, ["commit", "-m", "clean"])).toEqual({ code: 0, stderr: "" });
    repo.write("leak.txt", repo.token);
    repo.git("add", "--all");
    const { code, stderr } = git(repo, ["commit", "-m", "leak"]);
    expect(code).toBe(1);
    expect(stderr).toContain("leak.txt:1");
    expect(stderr).toContain("error: 1 API token is where others may read it");
  });

  test.each([
    ["git commit FILE, which has an index of its own", ["commit", "-m", "x", "leak.txt"]],
    ["git commit --all", ["commit", "-m", "x", "--all"]],
  ])("stops %s", async (_, args) => {
    const repo = project();
    repo.write("leak.txt", "clean");
    repo.commit();
    await install(repo, "pre-commit");
    repo.write("leak.txt", repo.token);
    expect(git(repo, args)).toMatchObject({ code: 1, stderr: expect.stringContaining("leak.txt:1") });
  });

  test("in a linked worktree and in a folder of it", async () => {
    const repo = project();
    repo.commit();
    repo.git("worktree", "add", "--quiet", "../linked");
    const linked = { ...repo, path: join(repo.home.path, "linked") };
    await install(linked, "pre-commit");
    mkdirSync(join(linked.path, "folder"));
    writeFileSync(join(linked.path, "folder/leak.txt"), repo.token);
    const folder = { ...repo, path: join(linked.path, "folder") };
    git(folder, ["add", "."]);
    expect(git(folder, ["commit", "-m", "x"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("folder/leak.txt:1"),
    });
  });

  test("lets pass where bentocloud is not installed, and says so", async () => {
    const repo = project();
    await install(repo, "pre-commit");
    repo.write("leak.txt", repo.token);
    repo.git("add", "--all");
    expect(git(repo, ["commit", "-m", "leak"], { isInstalled: false })).toEqual({
      code: 0,
      stderr: "bentocloud is not installed: nothing looked for API tokens\n",
    });
  });

  const EXISTING: [string, string, string | undefined, number][] = [
    ["a hook of git", ".git/hooks/pre-commit", undefined, 0o755],
    ["core.hooksPath", "my hooks/pre-commit", "my hooks", 0o755],
    ["husky", ".husky/pre-commit", ".husky/_", 0o644],
  ];
  const TEXTS = [
    "#!/bin/sh\necho before >&2\nexit 3\n",
    "#!/usr/bin/env bash\nexec sh -c 'echo before >&2; exit 3'\n",
  ];

  test.each(EXISTING.flatMap((row) => TEXTS.map((text) => [...row, text] as const)))(
    "%s in %s: what it does already stays",
    async (_, path, hooksPath, mode, text) => {
      const repo = project();
      writeHook(repo, path, text, mode);
      if (hooksPath !== undefined) repo.git("config", "core.hooksPath", hooksPath);
      // Husky's own script, which git runs, starts the one that people write.
      if (hooksPath === ".husky/_")
        writeHook(repo, ".husky/_/pre-commit", '#!/bin/sh\nexec sh -e "$(dirname "$0")/../pre-commit"\n');
      expect((await install(repo, "pre-commit")).code).toBe(0);
      expect(statSync(join(repo.path, path)).mode & 0o777).toBe(mode);
      repo.write("clean.txt", "clean");
      repo.git("add", "clean.txt");
      expect(git(repo, ["commit", "-m", "x"])).toEqual({ code: 1, stderr: "before\n" });
      repo.write("leak.txt", repo.token);
      repo.git("add", "leak.txt");
      expect(git(repo, ["commit", "-m", "x"]).stderr).toContain("leak.txt:1");
    },
  );

  test("a second time changes nothing", async () => {
    const repo = project();
    await install(repo, "pre-commit");
    const path = join(repo.path, ".git/hooks/pre-commit");
    const before = readFileSync(path, "utf8");
    expect((await install(repo, "pre-commit")).stderr).toBe(`✓ ${path} looks for API tokens already\n`);
    expect(readFileSync(path, "utf8")).toBe(before);
  });

  test("goes without a path, which could be that of another repository", async () => {
    const repo = project();
    const args = ["scan", "../other", "--install-hook", "pre-commit"];
    expect((await run(args, { home: repo.home, cwd: repo.path })).code).toBe(2);
    expect(existsSync(join(repo.path, ".git/hooks/pre-commit"))).toBe(false);
  });

  test.each([
    [
      "is no shell script",
      "#!/usr/bin/env python3\nprint(1)\n",
      0o755,
      "let it run `bentocloud scan --staged`",
    ],
    ["is switched off by its mode", "#!/bin/sh\nexit 3\n", 0o644, "chmod +x "],
  ])("a hook that %s is left alone", async (_, text, mode, hint) => {
    const repo = project();
    writeHook(repo, ".git/hooks/pre-commit", text, mode);
    expect(await install(repo, "pre-commit")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`hint: ${hint}`),
    });
    expect(readFileSync(join(repo.path, ".git/hooks/pre-commit"), "utf8")).toBe(text);
  });
});

needs("pre-commit").describe("scan in the pre-commit framework", () => {
  const guide = readFileSync(join(import.meta.dir, "../../docs/guides/leaked-token.md"), "utf8");
  const [, settings = ""] = /^```yaml\n(repos:[^]*?)^```/m.exec(guide) ?? [];

  test.each([["alone"], ["beside our own hook"]])("%s", async (kind) => {
    const repo = project();
    repo.write(".pre-commit-config.yaml", settings);
    const env = { PATH: process.env["PATH"] ?? "", HOME: repo.home.path };
    expect(Bun.spawnSync(["pre-commit", "install"], { cwd: repo.path, env }).exitCode).toBe(0);
    if (kind !== "alone") await install(repo, "pre-commit");
    repo.write("clean.txt", "clean");
    repo.git("add", "--all");
    const clean = git(repo, ["commit", "-m", "clean"]);
    expect({ ...clean, ran: clean.stderr.includes("bentocloud scan") }).toMatchObject({ code: 0, ran: true });
    repo.write("leak.txt", repo.token);
    repo.git("add", "--all");
    const { code, stderr } = git(repo, ["commit", "-m", "leak"]);
    expect({ code, isSaid: stderr.includes("leak.txt:1") }).toEqual({ code: 1, isSaid: true });
  });
});

describe("scan --install-hook pre-push", () => {
  test("stops a push with a token in any of its commits, and tells what it is of", async () => {
    const repo = project();
    addRemote(repo);
    repo.write("clean.txt", "clean");
    repo.commit();
    await install(repo, "pre-push");
    expect(git(repo, ["push", "--quiet", "origin", "main"])).toEqual({ code: 0, stderr: "" });
    repo.write("dir/leak.txt", `x\n${repo.token}`);
    repo.commit();
    repo.git("rm", "--quiet", "dir/leak.txt");
    repo.commit();
    const { code, stderr } = git(repo, ["push", "origin", "main"]);
    expect(code).toBe(1);
    expect(stderr).toContain("dir/leak.txt:2");
    // A branch without that commit.
    expect(git(repo, ["push", "--quiet", "origin", "main~2:refs/heads/other"])).toEqual({
      code: 0,
      stderr: "",
    });
    expect(git(repo, ["push", "--quiet", "origin", "--delete", "other"])).toEqual({ code: 0, stderr: "" });
  });

  test("an existing hook gets the description of the push too", async () => {
    const repo = project();
    addRemote(repo);
    writeHook(repo, ".git/hooks/pre-push", '#!/bin/sh\nwhile read line; do echo "got $line" >&2; done\n');
    const head = repo.commit();
    await install(repo, "pre-push");
    const { code, stderr } = git(repo, ["push", "--quiet", "origin", "main"]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `got refs/heads/main ${head} refs/heads/main ${"0".repeat(40)}\n`,
    });
  });
});
