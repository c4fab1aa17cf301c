import { basename, join } from "node:path";
import { requireExpected } from "../errors.ts";
import { inspect, realTarget } from "../system/files.ts";
import { isDirectory, walkFiles } from "../system/pieces.ts";
import { isOwn } from "./working-tree.ts";
import { onUnreadable, scanFile, showPath } from "./scan-file.ts";
import { type Scan, skip } from "./search-places.ts";

/** Files and directories of a home in which programs keep what a person typed, pasted or saw. */
const PLACES = [
  // Shells.
  ".bash_history, .bash_sessions, .zsh_history, .zhistory, .histfile, .zsh_sessions, .sh_history, .ash_history",
  ".ksh_history, .history, .bashrc, .bash_profile, .bash_aliases, .profile, .zshrc, .zshenv, .zprofile, .envrc",
  ".config/fish, .config/zsh, .config/nushell, .config/environment.d",
  ".local/share/fish, .local/share/nushell, .local/share/atuin, .local/share/xonsh, .local/share/powershell",
  ".local/state/bash, .local/state/zsh, AppData/Roaming/Microsoft/Windows/PowerShell/PSReadLine",
  // Interpreters.
  ".python_history, .node_repl_history, .irb_history, .psql_history, .ipython, .jupyter, .local/share/jupyter",
  // Programs that sign in somewhere.
  ".netrc, _netrc, .curlrc, .wgetrc, .pypirc, .npmrc, .gitconfig, .git-credentials, .config/git",
  ".docker/config.json, .kube/config",
  // Editors.
  ".viminfo, .lesshst, .vim, .local/state/nvim, .local/share/nvim",
  ".config/Code/User, .config/Cursor/User, .config/VSCodium/User, .vscode-server/data/User",
  "Library/Application Support/Code/User, Library/Application Support/Cursor/User, AppData/Roaming/Code/User",
  // Agents.
  ".claude, .claude.json, .codex, .cursor, .gemini, .continue, .copilot, .aider.chat.history.md",
  ".aider.input.history, .config/github-copilot, .config/opencode, .local/share/opencode",
].flatMap((line) => line.split(", "));

/** Files that are looked for by name, so deep below the home. */
const BY_NAME = /\.ipynb$|^\.env(\..*)?$|^nohup\.out$/;
const DEPTH = 4;

/** A home's histories, transcripts and settings, and the notebooks and `.env` files in its upper directories. */
export async function scanHome(scan: Scan, home: string): Promise<void> {
  const onError = onUnreadable(scan);
  for (const place of PLACES) {
    const path = findPlace(scan, join(home, place));
    if (path === undefined) continue;
    if (isDirectory(path)) for (const file of walkFiles(path, { onError })) await scanFile(scan, file);
    else if (!isOwn(scan, path)) await scanFile(scan, path);
  }
  const enters = (name: string, depth: number) =>
    depth < DEPTH && (!name.startsWith(".") || name === ".ipynb_checkpoints") && name !== "node_modules";
  for (const path of walkFiles(home, { onError, enters }))
    if (BY_NAME.test(basename(String(path))) && !isOwn(scan, path)) await scanFile(scan, path);
}

/** Where a place really is, because settings are often links to a directory of dotfiles; undefined if nowhere. */
function findPlace(scan: Scan, path: string): string | undefined {
  try {
    const target = inspect(path)?.isSymbolicLink() ? realTarget(path) : path;
    return inspect(target) && target;
  } catch (error) {
    return void skip(scan, showPath(scan, path), requireExpected(error).message);
  }
}
