import { basename, join } from "node:path";
import { variable } from "../../resolve/environment.ts";
import type { Environment } from "../../store/home.ts";
import { inspectTarget, readRegularFile } from "../../system/files.ts";
import { homeDirectory } from "../../system/runtime.ts";
import type { Check } from "../check.ts";

interface Shell {
  /** What it reads at its start, where a line of ours can stand. */
  start: string[];
  /** Where a file of ours can stand. */
  own: string[];
  /** As `completion SHELL --help` has it. */
  command: string;
}

/** Whether the user's shell completes our commands. It works without, so that nothing is wrong where it does not. */
export const completion: Check = {
  id: "completion",
  async look({ env }) {
    const name = basename(variable(env, "SHELL") ?? "").replace(/\.exe$/i, "");
    const shell = shellsOf(env)[name];
    if (!shell) return undefined;
    const place = shell.start.find(mentionsUs) ?? shell.own.find((path) => inspectTarget(path)?.isFile());
    return place === undefined
      ? { status: "ok", message: `${name} does not complete bentocloud's commands yet`, hint: shell.command }
      : { status: "ok", message: `${name} completes bentocloud's commands, by ${place}` };
  },
};

function shellsOf(env: Environment): Record<string, Shell | undefined> {
  const home = homeDirectory(env["HOME"]);
  const config = variable(env, "XDG_CONFIG_HOME") ?? join(home, ".config");
  const data = variable(env, "XDG_DATA_HOME") ?? join(home, ".local/share");
  const dots = variable(env, "ZDOTDIR") ?? home;
  const within = (folder: string, ...names: string[]) => names.map((name) => join(folder, name));
  const bash: Shell = {
    start: within(home, ".bashrc", ".bash_profile", ".bash_login", ".profile"),
    own: [join(data, "bash-completion/completions/bentocloud"), "/etc/bash_completion.d/bentocloud"],
    command: "source <(bentocloud completion bash), in ~/.bashrc",
  };
  const folders = (variable(env, "FPATH") ?? "").split(":").filter((folder) => folder !== "");
  const zsh: Shell = {
    start: within(dots, ".zshrc", ".zshenv", ".zprofile", ".zlogin"),
    own: [...folders, "/usr/local/share/zsh/site-functions"].map((folder) => join(folder, "_bentocloud")),
    command: "source <(bentocloud completion zsh), in ~/.zshrc behind compinit",
  };
  const fish: Shell = {
    start: [join(config, "fish/config.fish")],
    own: [join(config, "fish/completions/bentocloud.fish")],
    command: "bentocloud completion fish > ~/.config/fish/completions/bentocloud.fish",
  };
  const pwsh: Shell = {
    start: within(join(config, "powershell"), "Microsoft.PowerShell_profile.ps1", "profile.ps1"),
    own: [],
    command: "bentocloud completion powershell | Out-String | Invoke-Expression, in $PROFILE",
  };
  return Object.assign(Object.create(null), { bash, zsh, fish, pwsh });
}

const MOST_BYTES = 1024 * 1024;

/** In a line that is not a comment. */
function mentionsUs(path: string): boolean {
  try {
    const text = readRegularFile(path, { limit: MOST_BYTES })?.bytes.toString("utf8") ?? "";
    return /^[^#\n]*\bbentocloud\s+completion\b/m.test(text);
  } catch {
    return false;
  }
}
