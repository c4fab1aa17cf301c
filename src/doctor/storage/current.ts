import { DEFAULT_CURRENT } from "../../yaml/fast.ts";
import { type ContextsFile, readContexts } from "../../yaml/read.ts";
import { readKnown } from "../../store/known.ts";
import { listKept, readKept } from "../../store/versions.ts";
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
          repair: () => choose(cli),
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

async function choose(cli: Cli): Promise<string> {
  const file = await cli.store.read();
  const earlier = await lastChoice(cli, file);
  const first = isStored(file, DEFAULT_CURRENT)
    ? DEFAULT_CURRENT
    : (file.contexts[0]?.name ?? DEFAULT_CURRENT);
  const name = earlier ?? first;
  const { file: after } = await cli.store.update((now) => {
    // Somebody may have chosen meanwhile.
    const isNeeded = !isStored(now, now.current.name) && isStored(now, name);
    return { changes: isNeeded ? [{ kind: "use", name }] : [] };
  });
  const why = earlier === undefined ? "`bentocloud use NAME` chooses another" : "as it was before";
  return `"${after.current.name}" is current now, ${why}`;
}

/** What was current when it last was a context that is still there. */
async function lastChoice({ store }: Cli, file: ContextsFile): Promise<string | undefined> {
  const versions = listKept(store.paths.own, "version").toReversed().map(readKept);
  for (const text of [readKnown(store.paths), ...versions]) {
    const earlier = await readContexts(text ?? "").catch(() => undefined);
    if (earlier && isStored(file, earlier.current.name)) return earlier.current.name;
  }
  const { previous } = await store.state();
  return previous !== null && isStored(file, previous) ? previous : undefined;
}
