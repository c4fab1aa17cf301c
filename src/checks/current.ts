import { DEFAULT_CURRENT } from "../contexts/file/fast.ts";
import { type ContextsFile, readContexts } from "../contexts/file/read.ts";
import { readKnown } from "../contexts/history/known.ts";
import { listKept, readKept } from "../contexts/history/ring.ts";
import { ENVIRONMENT_NAME, showName } from "../contexts/name.ts";
import type { Cli } from "../system/cli.ts";
import { type Check, withContexts } from "./check.ts";

/** Whether the current context is one. */
export const current: Check = {
  id: "current",
  look: (cli) =>
    withContexts(cli, async (file) => {
      const { name } = file.current;
      const names = new Set(file.contexts.map((context) => context.name));
      if (names.size === 0) return { status: "ok", message: "there are no contexts yet" };
      if (names.has(name) && name !== ENVIRONMENT_NAME) return { status: "ok", message: `"${name}"` };
      if (names.has(name)) return misnamed();
      const choice = await lastChoice(cli, file, names);
      const finding = {
        ...describe(name),
        hint: "bentocloud use NAME (`bentocloud context list` shows them)",
      };
      if (choice !== undefined) return { ...finding, repair: () => choose(cli, choice) };
      return name === ENVIRONMENT_NAME ? { ...finding, repair: () => chooseNone(cli) } : finding;
    }),
};

function misnamed() {
  return {
    status: "warn",
    message: `a stored context is called ${ENVIRONMENT_NAME}, which stands for the environment's credential`,
    hint: `bentocloud context rename ${ENVIRONMENT_NAME} NAME`,
  } as const;
}

function describe(name: string) {
  return name === ENVIRONMENT_NAME
    ? ({ status: "fail", message: `${name} is current, which Python bentoml wrote and cannot find` } as const)
    : ({ status: "warn", message: `the current context is ${showName(name)}, and there is none` } as const);
}

/** What was current when it last was one of these; nobody is put into a context they never chose. */
async function lastChoice(cli: Cli, file: ContextsFile, names: Set<string>): Promise<string | undefined> {
  const { own } = cli.store.paths;
  const texts = [readKnown(own)?.text, ...listKept(own, "version").toReversed().map(readKept)];
  for (const text of texts) {
    const earlier = await readContexts(text ?? "").catch(() => undefined);
    if (earlier && names.has(earlier.current.name)) return earlier.current.name;
  }
  const { previous } = await cli.store.state();
  if (previous !== null && names.has(previous)) return previous;
  return names.size === 1 ? file.contexts[0]?.name : undefined;
}

async function choose({ store }: Cli, name: string): Promise<string> {
  await store.update(() => ({ changes: [{ kind: "use", name }] }));
  return `"${name}" is current, as it was before`;
}

/** What Python has in a new file, so that its next login makes no context of the environment's name. */
async function chooseNone({ store }: Cli): Promise<string> {
  await store.update(() => ({ changes: [{ kind: "use", name: DEFAULT_CURRENT }] }));
  return `${ENVIRONMENT_NAME} is no longer current`;
}
