import { group } from "../../cli/command.ts";

export const apiToken = group({
  name: "api-token",
  description: "Manage the active user's API tokens on the server",
  section: "Server",
  commands: {
    list: () => import("./list.ts").then((module) => module.list),
    get: () => import("./get.ts").then((module) => module.get),
    create: () => import("./create.ts").then((module) => module.create),
    update: () => import("./update.ts").then((module) => module.update),
    delete: () => import("./delete.ts").then((module) => module.remove),
    rotate: () => import("./rotate.ts").then((module) => module.rotate),
    revoke: () => import("./revoke.ts").then((module) => module.revoke),
  },
  foreignWords: {
    ls: "api-token list",
    remove: "api-token delete",
    rm: "api-token delete",
    show: "api-token get",
  },
});
