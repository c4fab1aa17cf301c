import type { Found, Repository } from "./repository.ts";

/** Where each of sixteen tokens is planted, and how it is found. */
export const PLACES: [string, Partial<Found>][] = [
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

/** Puts one token into each of the places of an empty repository. */
export function plant(
  { git, write, commit }: Pick<Repository, "git" | "write" | "commit">,
  tokens: readonly string[],
): void {
  const token = (index: number) => tokens[index]!;
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
}
