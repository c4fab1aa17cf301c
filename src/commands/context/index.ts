import { group } from "../../cli/command.ts";
import { current } from "./current.ts";

export const context = group({
  name: "context",
  description: "Manage the stored contexts",
  section: "Contexts",
  commands: {
    list: () => import("./list.ts").then((module) => module.list),
    show: () => import("./show.ts").then((module) => module.show),
    current: async () => current,
    rename: () => import("./rename.ts").then((module) => module.rename),
    store: () => import("./store.ts").then((module) => module.store),
    protect: () => import("./protect.ts").then((module) => module.protect),
    unprotect: () => import("./unprotect.ts").then((module) => module.unprotect),
    remove: () => import("./remove.ts").then((module) => module.remove),
  },
  foreignWords: {
    add: "login --context",
    delete: "context remove",
    ls: "context list",
    rm: "context remove",
    switch: "use",
    use: "use",
  },
});
