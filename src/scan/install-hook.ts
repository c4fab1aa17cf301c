import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import type { Cli } from "../app.ts";
import { CliError, usageError } from "../errors.ts";
import { createFile, ensureDirectory } from "../system/create-file.ts";
import { realTarget } from "../system/files.ts";
import { isExecutable } from "../system/program.ts";
import { readRegularFile } from "../system/read-file.ts";
import { replaceFile } from "../system/replace.ts";
import { storageError } from "../system/storage-error.ts";
import { quoteWord } from "../system/text.ts";
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
  const { folder, isHusky } = await hooksDirectory(repository);
  const path = join(folder, hook);
  const added = addToHook(path, hook, { isHusky });
  if (cli.output.json) return cli.output.data({ path, added });
  cli.output.success(added ? `${path} looks for API tokens now` : `${path} looks for API tokens already`);
}

/** The directory of `core.hooksPath`; for husky, which generates the scripts there, the one above it. */
async function hooksDirectory({ git, commonDirectory, top }: Repository) {
  const { stdout } = await git.ask(["config", "--type=path", "--null", "--get-all", "core.hooksPath"]);
  // The last value is ours, which lets no hook run.
  const configured = stdout.split("\0").at(-3);
  if (configured === undefined || configured === "")
    return { folder: join(commonDirectory, "hooks"), isHusky: false };
  const path = isAbsolute(configured) ? configured : resolve(top ?? commonDirectory, configured);
  if (path === "/dev/null") throw usageError("core.hooksPath switches hooks off in this repository");
  const isHusky = basename(path) === "_" && basename(dirname(path)) === ".husky";
  return { folder: isHusky ? dirname(path) : path, isHusky };
}

/** Whether it was not there before. The file may have any encoding. */
function addToHook(path: string, hook: HookName, { isHusky }: { isHusky: boolean }): boolean {
  try {
    const target = realTarget(path);
    const file = readRegularFile(target, { limit: LARGEST_HOOK });
    if (!file) {
      ensureDirectory(dirname(target));
      createFile(target, `#!/bin/sh\n${blockOf(hook)}`, { mode: 0o755 });
      return true;
    }
    if (!isHusky) requireExecutable(path);
    const text = file.bytes.toString("latin1");
    if (text.includes(BEGIN)) return false;
    const changed = Buffer.from(insertInto(text, path, hook), "latin1");
    replaceFile({ target, text: changed, mode: file.mode, durable: false });
    return true;
  } catch (error) {
    throw storageError("write", path, error);
  }
}

/** Git ignores any other hook, which somebody may have switched off in this way. Husky gives its own to a shell. */
function requireExecutable(path: string): void {
  if (isExecutable(path)) return;
  throw new CliError("FAILURE", `${path} is not executable, so git ignores it`, {
    hint: `chmod +x ${quoteWord(path)}; without it, what the hook already does stays off too`,
  });
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
