import { usableTokenOf } from "../contexts/context.ts";
import { listNames } from "../contexts/history/compare.ts";
import { forget } from "../contexts/state.ts";
import type { Cli } from "../system/cli.ts";
import { type Check, counted, withContexts } from "./check.ts";

/** Contexts without an API token. Where the key itself is missing, Python bentoml refuses the whole file. */
export const tokens: Check = {
  id: "tokens",
  look: (cli) =>
    withContexts(cli, ({ contexts }) => {
      const without = [
        ...new Set(contexts.filter((context) => !usableTokenOf(context)).map(({ name }) => name)),
      ];
      if (without.length === 0)
        return {
          status: "ok",
          message:
            contexts.length === 0
              ? "there are no contexts yet"
              : `${counted(contexts.length, "context")} with an API token`,
        };
      return {
        status: "fail",
        message: `${counted(without.length, "context")} without an API token: ${listNames(without)}`,
        hint: "bentocloud login --context NAME",
        repair: () => removeAll(cli, without),
      };
    }),
};

async function removeAll({ store }: Cli, names: readonly string[]): Promise<string> {
  const { undo } = await store.update((_file, state) => ({
    changes: names.map((name) => ({ kind: "remove", name })),
    state: forget(state, names),
  }));
  return `removed ${listNames(names)}, which had no API token (version ${undo} still has ${names.length === 1 ? "it" : "them"})`;
}
