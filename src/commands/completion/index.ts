import { group } from "../../cli/command.ts";

export const completion = group({
  name: "completion",
  description: "Print the completion script of a shell",
  section: "Use",
  commands: {
    bash: () => import("./bash.ts").then((module) => module.bash),
    zsh: () => import("./zsh.ts").then((module) => module.zsh),
    fish: () => import("./fish.ts").then((module) => module.fish),
    powershell: () => import("./powershell.ts").then((module) => module.powershell),
  },
});
