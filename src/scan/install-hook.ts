import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import type { Cli } from "../app.ts";
import { CliError, usageError } from "../errors.ts";
import { createFile, ensureDirectory } from "../system/create-file.ts";
import { realTarget } from "../system/files.ts";
import { readRegularFile } from "../system/read-file.ts";
import { replaceFile } from "../system/replace.ts";
import { storageError } from "../system/storage-error.ts";
import { openRepository, type Repository } from "./repository.ts";

export type HookName = "pre-commit" | "pre-push";

const BEGIN = "# bentocloud scan: begin";
const END = "# bentocloud scan: end";

/** A push is described on standard input, which the lines that follow get too. */
const CALLS: Record<HookName, string> = {
  "pre-commit": `  bentocloud scan --staged --quiet </dev/null >&2 || exit 1`,
  "pre-push": `  bentocloud_refs=$(cat)
  printf '%s\\n' "$bentocloud_refs" | bentocloud scan --pushed "$1" --quiet >&2 || exit 1
  exec <<BENTOCLOUD_REFS
$bentocloud_refs
BENTOCLOUD_REFS`,
};

function blockOf(hook: HookName): string {
  return `${BEGIN}
if command -v bentocloud >/dev/null 2>&1; then
${CALLS[hook]}
else
  echo "bentocloud is not installed: nothing looked for API tokens" >&2
fi
${END}
`;
}

const LARGEST_HOOK = 1024 * 1024;

/** Adds a scan to a hook of git. What the hook already does stays, and comes afterwards. */
export async function installHook(cli: Cli, hook: HookName): Promise<void> {
  const repository = await openRepository(cli, cli.cwd(), true);
  if (!repository) throw usageError("this directory is in no git repository", "change to one");
  const path = join(await hooksDirectory(repository), hook);
  const added = addToHook(path, hook);
  if (cli.output.json) return cli.output.data({ path, added });
  cli.output.success(added ? `${path} looks for API tokens now` : `${path} looks for API tokens already`);
}

/** The directory of `core.hooksPath`; for husky, which generates the scripts there, the one above it. */
async function hooksDirectory({ git, commonDirectory, top }: Repository): Promise<string> {
  const { stdout } = await git.ask(["config", "--type=path", "--null", "--get-all", "core.hooksPath"]);
  // The last value is ours, which lets no hook run.
  const configured = stdout.split("\0").at(-3);
  if (configured === undefined || configured === "") return join(commonDirectory, "hooks");
  const path = isAbsolute(configured) ? configured : resolve(top ?? commonDirectory, configured);
  if (path === "/dev/null") throw usageError("core.hooksPath switches hooks off in this repository");
  const isHusky = basename(path) === "_" && basename(dirname(path)) === ".husky";
  return isHusky ? dirname(path) : path;
}

/** Whether it was not there before. The file may have any encoding. */
function addToHook(path: string, hook: HookName): boolean {
  try {
    const target = realTarget(path);
    const file = readRegularFile(target, { limit: LARGEST_HOOK });
    if (!file) {
      ensureDirectory(dirname(target));
      createFile(target, `#!/bin/sh\n${blockOf(hook)}`, { mode: 0o755 });
      return true;
    }
    const text = file.bytes.toString("latin1");
    if (text.includes(BEGIN)) return false;
    const changed = Buffer.from(insertInto(text, path, hook), "latin1");
    replaceFile({ target, text: changed, mode: file.mode, durable: false });
    return true;
  } catch (error) {
    throw storageError("write", path, error);
  }
}

/** After the line that names the interpreter, so that an `exec` further down comes later. */
function insertInto(text: string, path: string, hook: HookName): string {
  const [first = ""] = text.split("\n", 1);
  const interpreter = first.startsWith("#!") ? first : "";
  if (interpreter !== "" && !/\b(?:ba|da|k|z|a)?sh\b/.test(interpreter))
    throw new CliError("FAILURE", `${path} is no shell script, so nothing can be added to it`, {
      hint: `let it run \`${hook === "pre-commit" ? "bentocloud scan --staged" : "bentocloud scan --pushed REMOTE"}\``,
    });
  if (interpreter === "") return blockOf(hook) + text;
  return `${interpreter}\n${blockOf(hook)}${text.slice(interpreter.length + 1)}`;
}
