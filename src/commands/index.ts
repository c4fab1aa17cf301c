import { group } from "../cli/command.ts";
import { context } from "./context/index.ts";
import { token } from "./token.ts";

// `token` and `context current` are imported statically, so that they are in the chunk that every start loads.

export const root = group({
  name: "bentocloud",
  description: "Sign in to BentoCloud and keep its credentials where they are needed",
  commands: {
    login: () => import("./login.ts").then((module) => module.login),
    logout: () => import("./logout.ts").then((module) => module.logout),
    status: () => import("./status.ts").then((module) => module.status),
    whoami: () => import("./whoami.ts").then((module) => module.whoami),
    use: () => import("./use.ts").then((module) => module.use),
    context: async () => context,
    link: () => import("./link.ts").then((module) => module.link),
    unlink: () => import("./unlink.ts").then((module) => module.unlink),
    token: async () => token,
    exec: () => import("./exec.ts").then((module) => module.exec),
    env: () => import("./env.ts").then((module) => module.env),
    shell: () => import("./shell.ts").then((module) => module.shell),
    open: () => import("./open.ts").then((module) => module.open),
    proxy: () => import("./proxy.ts").then((module) => module.proxy),
    explain: () => import("./explain.ts").then((module) => module.explain),
    "api-token": () => import("./api-token/index.ts").then((module) => module.apiToken),
    api: () => import("./api.ts").then((module) => module.api),
    restore: () => import("./restore.ts").then((module) => module.restore),
    scan: () => import("./scan.ts").then((module) => module.scan),
    doctor: () => import("./doctor.ts").then((module) => module.doctor),
    completion: () => import("./completion/index.ts").then((module) => module.completion),
    cloud: () => import("./cloud/index.ts").then((module) => module.cloud),
    "current-context": () => import("./cloud/current-context.ts").then((module) => module.currentContext),
    "list-context": () => import("./cloud/list-context.ts").then((module) => module.listContext),
    "update-current-context": () =>
      import("./cloud/update-current-context.ts").then((module) => module.updateCurrentContext),
  },
  aliases: {
    auth: [],
    ls: ["context", "list"],
    rm: ["context", "remove"],
    switch: ["use"],
    version: ["--version"],
  },
  foreignWords: {
    create: "api-token create",
    current: "context current",
    list: "context list",
    protect: "context protect",
    rename: "context rename",
    revoke: "api-token revoke",
    rotate: "api-token rotate",
    run: "exec",
    show: "context show",
  },
  topics: {
    environment: () => import("./help/environment.ts").then((module) => module.environment),
    "exit-codes": () => import("./help/exit-codes.ts").then((module) => module.exitCodes),
    bentorc: () => import("./help/bentorc.ts").then((module) => module.bentorc),
  },
  examples: [
    ["bentocloud login", "sign in"],
    ["bentocloud use staging", "switch to another context"],
    ["bentocloud exec -- bentoml deployment list", "run a program signed in"],
  ],
});
