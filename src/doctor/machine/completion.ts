import { basename, join } from "node:path";
import { variable } from "../../resolve/environment.ts";
import type { Environment } from "../../system/runtime.ts";
import { inspectTarget } from "../../system/files.ts";
import { readRegularFile } from "../../system/read-file.ts";
import { homeDirectory } from "../../system/runtime.ts";
import { type Check, ok } from "../check.ts";
import { open, secret, text } from "../report.ts";

/** Whether the user's shell completes our commands. It is optional, so nothing is wrong where it does not. */
export const completion: Check = {
  id: "completion",
  async run({ env }) {
    const name = basename(variable(env, "SHELL") ?? "").replace(/\.exe$/i, "");
    const shell = describeShell(name, env);
    if (!shell) return undefined;
    const found = shell.paths.find(providesCompletion);
    return found === undefined
      ? ok(text`${open(name)} does not complete bentocloud's commands yet`, open(shell.command))
      : ok(text`${open(name)} completes bentocloud's commands, by ${secret("path", found)}`);
  },
};

interface Shell {
  /** What `completion SHELL --help` says. */
  command: string;
  /** Start files that may load our completion, and places of a script of ours, which has our name. */
  paths: string[];
}

function describeShell(name: string, env: Environment): Shell | undefined {
  const within = (folder: string, ...names: string[]) => names.map((one) => join(folder, one));
  const home = homeDirectory(env["HOME"]);
  const config = variable(env, "XDG_CONFIG_HOME") ?? join(home, ".config");
  if (name === "bash") {
    const data = variable(env, "XDG_DATA_HOME") ?? join(home, ".local/share");
    const scripts = [
      join(data, "bash-completion/completions/bentocloud"),
      "/etc/bash_completion.d/bentocloud",
    ];
    return {
      command: "source <(bentocloud completion bash), in ~/.bashrc",
      paths: [...within(home, ".bashrc", ".bash_profile", ".bash_login", ".profile"), ...scripts],
    };
  }
  if (name === "zsh") {
    const folders = [...(variable(env, "FPATH") ?? "").split(":"), "/usr/local/share/zsh/site-functions"];
    const scripts = folders.filter((one) => one !== "").map((one) => join(one, "_bentocloud"));
    const start = within(variable(env, "ZDOTDIR") ?? home, ".zshrc", ".zshenv", ".zprofile", ".zlogin");
    return {
      command: "source <(bentocloud completion zsh), in ~/.zshrc behind compinit",
      paths: [...start, ...scripts],
    };
  }
  if (name === "fish")
    return {
      command: "bentocloud completion fish > ~/.config/fish/completions/bentocloud.fish",
      paths: within(join(config, "fish"), "config.fish", "completions/bentocloud.fish"),
    };
  if (name !== "pwsh") return undefined;
  return {
    command: "bentocloud completion powershell | Out-String | Invoke-Expression, in $PROFILE",
    paths: within(join(config, "powershell"), "Microsoft.PowerShell_profile.ps1", "profile.ps1"),
  };
}

const MAX_BYTES = 1024 * 1024;

/** A start file does so in a line that is not a comment. */
function providesCompletion(path: string): boolean {
  try {
    if (/^_?bentocloud/.test(basename(path))) return inspectTarget(path)?.isFile() ?? false;
    const code = readRegularFile(path, { limit: MAX_BYTES })?.bytes.toString("utf8") ?? "";
    return code.split("\n").some((line) => /\bbentocloud\s+completion\b/.test(line.split("#", 1)[0] ?? ""));
  } catch {
    return false;
  }
}
