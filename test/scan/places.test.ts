import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sweepCanaries } from "../support/sweep.ts";
import { type Found, homeWithTokens, PLANTED, repository, scan } from "./repository.ts";

sweepCanaries(PLANTED);

/** Where each of sixteen tokens is planted, and how it is found. */
const PLACES: [string, Partial<Found>][] = [
  ["a file of the working tree", { path: "work.txt", line: 2, commit: null }],
  ["a file that is staged and then changed", { path: null, commit: null }],
  ["an ignored file", { path: ".env", line: 1, ignored: true }],
  ["a commit that was amended", { path: "amended.txt", line: 1 }],
  ["a stash that was dropped", { path: "stashed.txt", line: 1 }],
  ["a branch that was deleted", { path: "branch.txt", line: 1 }],
  ["the message of an annotated tag", { path: null }],
  ["the message of a commit", { path: null }],
  ["a note", {}],
  ["a reflog", { path: ".git/logs/HEAD" }],
  ["the address of a remote in the configuration", { path: ".git/config" }],
  ["a packed ref", { path: ".git/packed-refs" }],
  ["base64 in a notebook", { path: "notebook.ipynb", encoding: "base64" }],
  ["a file in UTF-16", { path: "windows.txt", line: 2, encoding: "utf-16" }],
  ["a percent-encoded address", { path: "url.txt", encoding: "percent" }],
  ["a binary file", { path: "model.bin" }],
];

test("scan: finds a token in each of sixteen places, and prints none", async () => {
  const { here, tokens } = homeWithTokens(PLACES.length);
  const repo = repository(here);
  const token = (index: number) => tokens[index]!;
  const { git, write, commit } = repo;
  write(".gitignore", ".env\n");
  write("README", "hello\n");
  commit("first");

  write("amended.txt", token(3));
  commit("to be amended");
  write("amended.txt", "clean");
  git("commit", "--all", "--amend", "--quiet", "--message", "amended");

  write("stashed.txt", token(4));
  git("add", "--all");
  git("stash", "--quiet");
  git("stash", "drop", "--quiet");

  git("switch", "--quiet", "--create", "side");
  write("branch.txt", token(5));
  commit("on a branch");
  git("switch", "--quiet", "main");
  git("branch", "--quiet", "-D", "side");

  git("tag", "--annotate", "v1", "--message", `made with ${token(6)}`);
  commit(`uses ${token(7)}`);
  git("notes", "add", "--message", token(8));
  git(
    "update-ref",
    "-m",
    `moved by ${token(9)}`,
    "HEAD",
    git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "x"),
  );
  git("remote", "add", "origin", `https://user:${token(10)}@host.test/x.git`);
  git("tag", `with-${token(11)}`);
  git("pack-refs", "--all");
  write(
    "notebook.ipynb",
    JSON.stringify({ outputs: [Buffer.from(`key=${token(12)}\n`).toString("base64")] }),
  );
  write("windows.txt", Buffer.from(`\ufeffline\r\nkey=${token(13)}\r\n`, "utf16le"));
  write(
    "url.txt",
    `https://x.test/?k=${token(14).replaceAll(/./g, (one) => `%${one.charCodeAt(0).toString(16)}`)}`,
  );
  write("model.bin", Buffer.concat([Buffer.alloc(3_000_000), Buffer.from(token(15)), Buffer.alloc(100)]));
  commit("files");
  write("staged.txt", token(1));
  git("add", "staged.txt");
  write("staged.txt", "clean");
  write("work.txt", `a line\n${token(0)}`);
  write(".env", `KEY=${token(2)}\n`);

  const { code, findings, skipped } = await scan(repo, ["--history", "--home"]);
  expect(code).toBe(1);
  const found = PLACES.map(([place, how], index) => {
    const own = findings.filter(({ context }) => context === `c${index}`);
    const fits = own.some((one) =>
      Object.entries(how).every(([key, value]) => one[key as keyof Found] === value),
    );
    return fits ? place : { place, own };
  });
  expect(found).toEqual(PLACES.map(([place]) => place));
  expect(skipped.filter(({ incomplete }) => incomplete)).toEqual([]);
});

test("scan --home: looks at histories, settings, notebooks and transcripts, but not at the contexts file", async () => {
  const files = [
    ".bash_history",
    ".zsh_history",
    ".python_history",
    ".local/share/fish/fish_history",
    ".netrc",
    ".claude/projects/x/session.jsonl",
    ".config/Code/User/History/1/abc.txt",
    "work/analysis.ipynb",
    "work/.env",
    "work/.ipynb_checkpoints/analysis-checkpoint.ipynb",
  ];
  const { here, tokens } = homeWithTokens(1);
  for (const file of files) {
    mkdirSync(join(here.path, file, ".."), { recursive: true });
    writeFileSync(join(here.path, file), `x\nTOKEN=${tokens[0]}\n`);
  }
  writeFileSync(join(here.path, "work/other.txt"), tokens[0]!);
  const { code, findings } = await scan({ home: here, path: here.path }, ["--home"]);
  expect(code).toBe(1);
  expect(findings.map(({ path }) => path!).toSorted()).toEqual(files.map((file) => join(file)).toSorted());
  expect(new Set(findings.map(({ line }) => line))).toEqual(new Set([2]));
});
