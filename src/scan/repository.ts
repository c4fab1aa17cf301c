import { dirname, join, resolve } from "node:path";
import type { Cli } from "../app.ts";
import { CliError } from "../errors.ts";
import { inspectTarget } from "../system/files.ts";
import { type Git, gitFailed, hookVariables, openGit } from "./git.ts";

export interface Repository {
  git: Git;
  /** The top of the working tree; undefined for a bare repository. */
  top: string | undefined;
  /** With the refs, the reflogs, the configuration and the objects; shared by all worktrees. */
  commonDirectory: string;
  /** Of this worktree, with its HEAD and index. */
  directory: string;
  isShallow: boolean;
}

/**
 * The repository that a directory is in; undefined where there is none.
 *
 * @param isDefault whether the user named no path, so that git's own variables choose the repository
 * @throws CliError `STORAGE` where there is one, but git is missing, or too old, or refuses it
 */
export async function openRepository(
  cli: Cli,
  directory: string,
  isDefault: boolean,
): Promise<Repository | undefined> {
  const isNamed = isDefault && cli.env["GIT_DIR"] !== undefined;
  const root = repositoryAbove(directory);
  if (!isNamed && root === undefined) return undefined;
  const variables = isDefault ? hookVariables(cli) : {};
  const git = openGit(cli, directory, { root: root ?? directory, variables });
  if (!git)
    throw new CliError("STORAGE", "there is no git in PATH to look into the repository with", {
      hint: "install git, or give paths of directories outside of it",
    });
  const { stdout, stderr } = await git.ask([
    "rev-parse",
    "--is-bare-repository",
    "--is-shallow-repository",
    "--absolute-git-dir",
    "--git-common-dir",
    "--show-toplevel",
  ]);
  if (stdout === "") throw gitFailed(stderr);
  // The last line is missing where there is no working tree, which git takes for a failure.
  const [bare, shallow, own = "", common = "", top = "", ...more] = stdout.split("\n");
  // An old git prints an option that it does not know; a path with a line break cannot be told from two.
  if (!isBoolean(bare) || !isBoolean(shallow) || common.startsWith("--") || more.join("") !== "")
    throw new CliError("STORAGE", "this git is too old to look into the repository with", {
      hint: "install git 2.20 or later",
    });
  return {
    git,
    directory: own,
    commonDirectory: resolve(directory, common),
    top: top === "" ? undefined : top,
    isShallow: shallow === "true",
  };
}

/**
 * A git directory that belongs to another one, such as that of a submodule. The working tree that its configuration
 * names may be gone, which git would refuse.
 */
export async function openGitDirectory(cli: Cli, directory: string): Promise<Repository> {
  const variables = { GIT_DIR: directory, GIT_WORK_TREE: directory };
  const git = openGit(cli, directory, { root: directory, variables })!;
  const { stdout } = await git.ask(["rev-parse", "--is-shallow-repository"]);
  const isShallow = stdout.trim() !== "false";
  return { git, directory, commonDirectory: directory, top: undefined, isShallow };
}

/** Whether git ignores the directory that the repository was opened from. */
export async function isIgnored({ git }: Repository): Promise<boolean> {
  return (await git.ask(["check-ignore", "--quiet", git.cwd])).code === 0;
}

/** A partial clone has some objects only on its server. */
export async function isPartialClone({ git }: Repository): Promise<boolean> {
  const settings = "^(remote\\..*\\.promisor|extensions\\.partialclone)$";
  return (await git.ask(["config", "--get-regexp", settings])).code === 0;
}

function isBoolean(text: string | undefined): boolean {
  return text === "true" || text === "false";
}

/** Told without git, so that a refusal of git is not taken for the absence of a repository. */
function repositoryAbove(directory: string): string | undefined {
  for (let folder = directory; ; folder = dirname(folder)) {
    if (exists(join(folder, ".git"))) return folder;
    if (["HEAD", "objects", "refs"].every((name) => exists(join(folder, name)))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

function exists(path: string): boolean {
  try {
    return inspectTarget(path) !== undefined;
  } catch {
    return false;
  }
}
