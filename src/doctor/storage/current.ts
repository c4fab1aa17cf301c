import type { ContextsFile } from "../../yaml/read.ts";
import { ENVIRONMENT_NAME, showName } from "../../contexts/name.ts";
import type { Cli } from "../../app.ts";
import { type Check, withContexts } from "../check.ts";

/** Whether the current context is one. */
export const current: Check = {
  id: "current",
  look: (cli) =>
    withContexts(cli, async (file) => {
      const { name } = file.current;
      if (file.contexts.length === 0) return { status: "ok", message: "there are no contexts yet" };
      if (!isStored(file, name))
        return {
          status: "fail",
          message:
            name === ENVIRONMENT_NAME
              ? `${name} is current, which Python bentoml wrote and cannot find`
              : `the current context is ${showName(name)}, and there is none`,
          hint: "bentocloud use NAME (`bentocloud context list` shows them)",
          repair: () => takeOut(cli),
        };
      if (name !== ENVIRONMENT_NAME) return { status: "ok", message: `"${name}"` };
      return {
        status: "warn",
        message: `a stored context is called ${name}, which stands for the environment's credential`,
        hint: `bentocloud context rename ${name} NAME`,
      };
    }),
};

function isStored({ contexts }: ContextsFile, name: string): boolean {
  return contexts.some((context) => context.name === name);
}

async function takeOut({ store }: Cli): Promise<string> {
  const { file } = await store.update((now) => ({
    changes: isStored(now, now.current.name) ? [] : [{ kind: "use", name: "default" }],
  }));
  return `took it out; "${file.current.name}" is current now`;
}
