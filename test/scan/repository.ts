import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { writeContexts } from "../store/fixture.ts";
import { home, run, type RunOptions } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { canary } from "../support/sweep.ts";

/** A git repository in a temporary home, made with real git. */
export interface Repository {
  path: string;
  home: Home;
  /** Runs git in it and gives what it prints. */
  git(...args: string[]): string;
  write(name: string, content: string | Uint8Array): void;
  /** Adds everything and commits it; gives the name of the commit. */
  commit(message?: string): string;
}

/** Repositories in a test's home hold tokens on purpose. */
export const PLANTED = { files: ["**"] };

export function repository(here: Home = home(), name = "project", options: string[] = []): Repository {
  const path = join(here.path, name);
  mkdirSync(path, { recursive: true });
  gitIn(here, path, "init", "--quiet", "--initial-branch=main", ...options);
  const git = (...args: string[]) => gitIn(here, path, ...args);
  return {
    path,
    home: here,
    git,
    write(file, content) {
      mkdirSync(dirname(join(path, file)), { recursive: true });
      writeFileSync(join(path, file), content);
    },
    commit(message = "change") {
      git("add", "--all");
      git("commit", "--quiet", "--allow-empty", "--message", message);
      return git("rev-parse", "HEAD");
    },
  };
}

export function gitIn(here: Home, cwd: string, ...args: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["git", ...args], {
    cwd,
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: here.path,
      GIT_AUTHOR_NAME: "a",
      GIT_AUTHOR_EMAIL: "a@example.test",
      GIT_COMMITTER_NAME: "a",
      GIT_COMMITTER_EMAIL: "a@example.test",
      GIT_ALLOW_PROTOCOL: "file",
    },
  });
  if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout.toString().trim();
}

/** A home with contexts `c0`, `c1`, … of new tokens. */
export function homeWithTokens(count: number): { here: Home; tokens: string[] } {
  const here = home();
  const tokens = Array.from({ length: count }, () => canary());
  writeContexts(
    here,
    tokens.map((token, index) => ({ name: `c${index}`, endpoint: "https://cloud.test", token })),
  );
  return { here, tokens };
}

export interface Found {
  context: string | null;
  token_masked: string;
  kind: string;
  path: string | null;
  line: number | null;
  commit: string | null;
  encoding: string;
  state: string | null;
  object: string | null;
  ignored: boolean;
  verdict: string | null;
  rotated: boolean;
}

interface Scanned {
  code: number | null;
  findings: Found[];
  skipped: { path: string; reason: string; incomplete: boolean }[];
  scanned: { files: number; objects: number; bytes: number };
  stderr: string;
}

export async function scan(
  at: Pick<Repository, "path" | "home">,
  args: string[] = [],
  options: RunOptions = {},
): Promise<Scanned> {
  const { code, stdout, stderr } = await run(["scan", "--json", ...args], {
    home: at.home,
    cwd: at.path,
    ...options,
  });
  if (stdout === "") throw new Error(stderr);
  return { code, stderr, ...JSON.parse(stdout) };
}

/** A repository with a token in its first commit, which the second one takes out. */
export function leaky(options: string[] = []): Repository & { token: string; first: string } {
  const { here, tokens } = homeWithTokens(1);
  const repo = repository(here, "project", options);
  const token = tokens[0]!;
  repo.write("folder/leak.txt", `a\nb\n${token}\n`);
  const first = repo.commit("first");
  repo.write("folder/leak.txt", "clean\n");
  repo.commit("second");
  return { ...repo, token, first };
}

/** Why a scan is not complete. */
export function incomplete({ skipped }: Scanned): string[] {
  return skipped.filter((one) => one.incomplete).map(({ reason }) => reason);
}

/** As a user who may not read some of the files. To be called as root. */
export function scanAsNobody(repo: Repository, args: string[], closed: readonly string[]): Promise<Scanned> {
  for (const name of closed) chmodSync(join(repo.path, name), 0);
  Bun.spawnSync(["chown", "-R", "nobody", repo.home.path]);
  const program = join(import.meta.dir, "../../dist/bentocloud");
  return scan(repo, args, { command: ["setpriv", "--reuid=nobody", "--clear-groups", "--", program] });
}
