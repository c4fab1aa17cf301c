import { usableTokenOf } from "../../contexts/context.ts";
import { listNames } from "../../store/compare.ts";
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
      };
    }),
};
