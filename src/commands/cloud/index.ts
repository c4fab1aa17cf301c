import { group } from "../../cli/command.ts";
import { BENTOML_OPTIONS } from "./_bentoml-command.ts";

export const cloud = group({
  name: "cloud",
  description: "The commands of `bentoml cloud`",
  section: "As in bentoml",
  aliases: BENTOML_OPTIONS,
  commands: {
    login: () => import("./login.ts").then((module) => module.login),
    "current-context": () => import("./current-context.ts").then((module) => module.currentContext),
    "list-context": () => import("./list-context.ts").then((module) => module.listContext),
    "update-current-context": () =>
      import("./update-current-context.ts").then((module) => module.updateCurrentContext),
  },
});
