import { group } from "../cli/command.ts";

export const root = group({
  name: "bentocloud",
  description: "Sign in to BentoCloud and keep its credentials where they are needed",
  commands: {
    login: () => import("./login.ts").then((module) => module.login),
    logout: () => import("./logout.ts").then((module) => module.logout),
    status: () => import("./status.ts").then((module) => module.status),
    whoami: () => import("./whoami.ts").then((module) => module.whoami),
    token: () => import("./token.ts").then((module) => module.token),
    use: () => import("./use.ts").then((module) => module.use),
    shell: () => import("./shell.ts").then((module) => module.shell),
    open: () => import("./open.ts").then((module) => module.open),
    context: () => import("./context/index.ts").then((module) => module.context),
    link: () => import("./link.ts").then((module) => module.link),
    unlink: () => import("./unlink.ts").then((module) => module.unlink),
    exec: () => import("./exec.ts").then((module) => module.exec),
    env: () => import("./env.ts").then((module) => module.env),
    explain: () => import("./explain.ts").then((module) => module.explain),
    "api-token": () => import("./api-token/index.ts").then((module) => module.apiToken),
    api: () => import("./api.ts").then((module) => module.api),
    restore: () => import("./restore.ts").then((module) => module.restore),
    doctor: () => import("./doctor.ts").then((module) => module.doctor),
    completion: () => import("./completion/index.ts").then((module) => module.completion),
    cloud: () => import("./cloud/index.ts").then((module) => module.cloud),
    "current-context": () => import("./cloud/current-context.ts").then((module) => module.currentContext),
    "list-context": () => import("./cloud/list-context.ts").then((module) => module.listContext),
    "update-current-context": () =>
      import("./cloud/update-current-context.ts").then((module) => module.updateCurrentContext),
  },
});
