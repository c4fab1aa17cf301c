import { usableTokenOf } from "../../contexts/context.ts";
import type { ContextsFile } from "../../yaml/read.ts";
import { listNames } from "../../store/compare.ts";
import { forget } from "../../store/state.ts";
import type { Cli } from "../../app.ts";
import { type Check, counted, withContexts } from "../check.ts";

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
  let removed: string[] = [];
  const { undo } = await store.update((file, state) => {
    // Somebody may have signed in meanwhile.
    const useless = namesWithout(file);
    removed = names.filter((name) => useless.includes(name));
    return {
      changes: removed.map((name) => ({ kind: "remove", name })),
      state: forget(state, removed),
    };
  });
  if (undo === undefined) return "each has an API token by now";
  const them = removed.length === 1 ? "it" : "them";
  return `removed ${listNames(removed)}, which had no API token (version ${undo} still has ${them})`;
}

/** A name of which no entry has a token. */
function namesWithout({ contexts }: ContextsFile): string[] {
  const usable = new Set(contexts.filter((context) => usableTokenOf(context)).map(({ name }) => name));
  return [...new Set(contexts.map(({ name }) => name))].filter((name) => !usable.has(name));
}
