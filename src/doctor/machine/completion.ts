import { basename, join } from "node:path";
import { variable } from "../../resolve/environment.ts";
import type { Environment } from "../../store/home.ts";
import { inspectTarget, readRegularFile } from "../../system/files.ts";
import { homeDirectory } from "../../system/runtime.ts";
import { type Check, ok } from "../check.ts";
import { open, secret, text } from "../report.ts";

interface Shell {
  /** What `completion SHELL --help` says. */
  command: string;
  /** Start files that may load our completion, and places of a script of ours, which has our name. */
  paths: string[];
}

/** A path starts with `/` or the name of a directory that depends on the user. */
const SHELLS = new Map<string, Shell>()
  .set("bash", {
    command: "source <(bentocloud completion bash), in ~/.bashrc",
    paths: [
      ...["HOME/.bashrc", "HOME/.bash_profile", "HOME/.bash_login", "HOME/.profile"],
      ...["DATA/bash-completion/completions/bentocloud", "/etc/bash_completion.d/bentocloud"],
    ],
  })
  .set("zsh", {
    command: "source <(bentocloud completion zsh), in ~/.zshrc behind compinit",
    paths: [
      ...["ZSH/.zshrc", "ZSH/.zshenv", "ZSH/.zprofile", "ZSH/.zlogin"],
      ...["FPATH/_bentocloud", "/usr/local/share/zsh/site-functions/_bentocloud"],
    ],
  })
  .set("fish", {
    command: "bentocloud completion fish > ~/.config/fish/completions/bentocloud.fish",
    paths: ["CONFIG/fish/config.fish", "CONFIG/fish/completions/bentocloud.fish"],
  })
  .set("pwsh", {
    command: "bentocloud completion powershell | Out-String | Invoke-Expression, in $PROFILE",
    paths: ["CONFIG/powershell/Microsoft.PowerShell_profile.ps1", "CONFIG/powershell/profile.ps1"],
  });

/** Whether the user's shell completes our commands. It is optional, so nothing is wrong where it does not. */
export const completion: Check = {
  id: "completion",
  async run({ env }) {
    const name = basename(variable(env, "SHELL") ?? "").replace(/\.exe$/i, "");
    const shell = SHELLS.get(name);
    if (!shell) return undefined;
    const found = expand(shell.paths, env).find(providesCompletion);
    return found === undefined
      ? ok(text`${open(name)} does not complete bentocloud's commands yet`, open(shell.command))
      : ok(text`${open(name)} completes bentocloud's commands, by ${secret("path", found)}`);
  },
};

function expand(paths: readonly string[], env: Environment): string[] {
  const home = homeDirectory(env["HOME"]);
  const places = new Map([
    ["HOME", [home]],
    ["CONFIG", [variable(env, "XDG_CONFIG_HOME") ?? join(home, ".config")]],
    ["DATA", [variable(env, "XDG_DATA_HOME") ?? join(home, ".local/share")]],
    ["ZSH", [variable(env, "ZDOTDIR") ?? home]],
    ["FPATH", (variable(env, "FPATH") ?? "").split(":").filter((folder) => folder !== "")],
  ]);
  return paths.flatMap((path) => {
    const [place = "", ...rest] = path.split("/");
    return (places.get(place) ?? ["/"]).map((folder) => join(folder, ...rest));
  });
}

const MAX_BYTES = 1024 * 1024;

/** A start file does so in a line that is not a comment. */
function providesCompletion(path: string): boolean {
  if (/\bbentocloud|_bentocloud$/.test(basename(path))) return inspectTarget(path)?.isFile() ?? false;
  try {
    const code = readRegularFile(path, { limit: MAX_BYTES })?.bytes.toString("utf8") ?? "";
    return /^[^#\n]*\bbentocloud\s+completion\b/m.test(code);
  } catch {
    return false;
  }
}
