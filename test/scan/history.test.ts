import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { chmodSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sweepCanaries } from "../support/sweep.ts";
import {
  gitIn,
  homeWithTokens,
  incomplete,
  leaky,
  PLANTED,
  type Repository,
  repository,
  scan,
  scanAsNobody,
} from "./repository.ts";

sweepCanaries(PLANTED);

function cloneOf(repo: Repository, options: string[]): Repository {
  const path = join(repo.home.path, "clone");
  gitIn(repo.home, repo.home.path, "clone", "--quiet", ...options, `file://${repo.path}`, path);
  return { ...repo, path, git: (...args) => gitIn(repo.home, path, ...args) };
}

describe("scan --history", () => {
  test.each([[[]], [["--object-format=sha256"]]])(
    "says path, line and commit, in a repository made with %p",
    async (options) => {
      const repo = leaky(options);
      const { code, findings, skipped } = await scan(repo, ["--history"]);
      expect(code).toBe(1);
      expect(findings).toEqual([
        {
          context: "c0",
          token_masked: expect.stringMatching(/^\*{4}\w{4}$/),
          kind: "known",
          path: "folder/leak.txt",
          line: 3,
          commit: repo.first,
          encoding: "plain",
          state: "current",
          object: repo.git("rev-parse", `${repo.first}:folder/leak.txt`),
          ignored: false,
          verdict: null,
          rotated: false,
        },
      ]);
      expect(skipped).toEqual([]);
      expect(await scan(repo)).toMatchObject({ code: 0, findings: [] });
    },
  );

  test("finds it in packs and loose objects, in a bare repository and from another worktree", async () => {
    const repo = leaky();
    repo.git("gc", "--quiet");
    const bare = cloneOf(repo, ["--bare"]);
    repo.git("worktree", "add", "--quiet", "../worktree");
    for (const path of [repo.path, bare.path, join(repo.home.path, "worktree")])
      expect(await scan({ ...repo, path }, ["--history"])).toMatchObject({
        code: 1,
        findings: [{ commit: repo.first }],
      });
  });

  test("a blob that was given several paths is said with each, and the oldest commit", async () => {
    const repo = leaky();
    repo.write("copy.txt", `a\nb\n${repo.token}\n`);
    const third = repo.commit("third");
    const { findings } = await scan(repo, ["--history"]);
    expect(findings.filter(({ object }) => object).map(({ path, commit }) => [path, commit])).toEqual([
      ["copy.txt", third],
      ["folder/leak.txt", repo.first],
    ]);
  });

  test("a shallow clone is not clean", async () => {
    const clone = cloneOf(leaky(), ["--depth=1"]);
    const result = await scan(clone, ["--history"]);
    expect(result.code).toBe(6);
    expect(incomplete(result)).toEqual([expect.stringContaining("shallow")]);
    expect(result.stderr).toContain("no leak was found, but 1 thing was not looked at");
  });

  test("a partial clone is not clean, and its objects are not fetched", async () => {
    const repo = leaky();
    repo.git("config", "uploadpack.allowFilter", "true");
    const clone = cloneOf(repo, ["--filter=blob:none", "--no-checkout"]);
    const result = await scan(clone, ["--history"]);
    expect(result.code).toBe(6);
    expect(incomplete(result)).toContainEqual(expect.stringContaining("partial"));
    expect(result.findings).toEqual([]);
  });

  function removePacks(repo: Repository, files: RegExp): void {
    repo.git("gc", "--quiet");
    const folder = join(repo.path, ".git/objects/pack");
    for (const name of readdirSync(folder)) if (files.test(name)) rmSync(join(folder, name));
  }

  const damages: [string, (repo: Repository) => void][] = [
    [
      "a damaged object",
      (repo) => {
        const blob = repo.git("rev-parse", "HEAD:folder/leak.txt");
        const file = join(repo.path, ".git/objects", blob.slice(0, 2), blob.slice(2));
        chmodSync(file, 0o600);
        writeFileSync(file, "damaged");
      },
    ],
    ["a pack without its index", (repo) => removePacks(repo, /\.idx$/)],
    ["a branch whose pack is gone", (repo) => removePacks(repo, /\.(?:idx|pack)$/)],
  ];

  test.each(damages)("%s is not clean", async (_, damage) => {
    const repo = leaky();
    damage(repo);
    const result = await scan(repo, ["--history"]);
    expect(incomplete(result)).not.toEqual([]);
  });

  test.skipIf(process.getuid?.() !== 0)("objects that may not be read are not clean", async () => {
    const loose = (repo: Repository) => {
      const blob = repo.git("rev-parse", "HEAD~1:folder/leak.txt");
      return [`.git/objects/${blob.slice(0, 2)}`];
    };
    const packed = (kind: string) => (repo: Repository) => {
      repo.git("gc", "--quiet");
      const files = readdirSync(join(repo.path, ".git/objects/pack")).filter((name) => name.endsWith(kind));
      return files.map((name) => `.git/objects/pack/${name}`);
    };
    for (const close of [loose, packed(".idx"), packed(".pack")]) {
      const repo = leaky();
      const result = await scanAsNobody(repo, ["--history"], close(repo));
      expect({ code: result.code, findings: result.findings }).toEqual({ code: 6, findings: [] });
      expect(incomplete(result).join()).toMatch(/permission denied/i);
    }
  });

  test("a clone that borrows its objects is not clean without them", async () => {
    const repo = leaky();
    gitIn(repo.home, repo.home.path, "clone", "--quiet", "--shared", repo.path, "clone");
    rmSync(join(repo.path, ".git/objects"), { recursive: true });
    const result = await scan({ ...repo, path: join(repo.home.path, "clone") }, ["--history"]);
    expect(result.code).toBe(6);
    expect(incomplete(result).join()).toMatch(/alternate/);
  });

  test("looks into submodules that are checked out", async () => {
    const inner = leaky();
    const outer = repository(inner.home, "outer");
    outer.write("README", "clean");
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.path, "sub");
    outer.commit();
    outer.write("sub/new.txt", `KEY=${inner.token}`);
    const { findings } = await scan(outer, ["--history"]);
    expect(findings.map(({ path }) => path).toSorted()).toEqual(["folder/leak.txt", "sub/new.txt"]);
  });

  test("looks into the objects of a submodule that was removed", async () => {
    const inner = leaky();
    const outer = repository(inner.home, "outer");
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner.path, "sub");
    outer.commit();
    outer.git("rm", "--quiet", "sub");
    const result = await scan(outer, ["--history"]);
    expect(result).toMatchObject({ code: 1, findings: [{ path: "folder/leak.txt", commit: inner.first }] });
    expect(incomplete(result)).toEqual([]);
  });

  test("content that git-lfs keeps is looked at where it is here, and is not clean elsewhere", async () => {
    const { here, tokens } = homeWithTokens(1);
    const repo = repository(here);
    const content = `weights ${tokens[0]}`;
    const oid = createHash("sha256").update(content).digest("hex");
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${content.length}\n`;
    repo.write("model.bin", pointer);
    repo.commit();
    for (const args of [[], ["--history"]]) {
      const result = await scan(repo, args);
      expect(result.code).toBe(6);
      expect(new Set(incomplete(result)).size).toBeGreaterThan(0);
    }
    const place = `.git/lfs/objects/${oid.slice(0, 2)}/${oid.slice(2, 4)}/${oid}`;
    repo.write(place, content);
    for (const args of [[], ["--history"]])
      expect(await scan(repo, args)).toMatchObject({ code: 1, findings: [{ path: place }] });
  });

  test("none of 64 tokens is found in a large foreign repository", async () => {
    const { here } = homeWithTokens(64);
    const repo = repository(here);
    for (const name of ["zod", "bun-types"]) {
      const source = join(import.meta.dir, "../../node_modules", name);
      repo.git("-c", "core.compression=0", "--work-tree", source, "add", "--all", "--force");
      repo.git("commit", "--quiet", "--message", name);
    }
    const { code, findings, scanned } = await scan(repo, ["--history"]);
    expect(scanned.bytes).toBeGreaterThan(5_000_000);
    expect(scanned.objects).toBeGreaterThan(500);
    expect({ code, known: findings.filter(({ kind }) => kind === "known") }).toEqual({ code: 0, known: [] });
  });

  test("an empty repository is clean", async () => {
    const { here } = homeWithTokens(1);
    for (const args of [[], ["--history"], ["--staged"]])
      expect(await scan(repository(here, `empty${args.join("")}`), args)).toMatchObject({
        code: 0,
        skipped: [],
      });
  });
});
