import { type Check, withContexts } from "../check.ts";

const MOST_SHOWN = 3;
const QUOTED = /"(?:[^"\\]|\\.)*"/g;

/** Values that Python bentoml reads as something else than is written, or not at all. */
export const values: Check = {
  id: "values",
  look: (cli) =>
    withContexts(cli, ({ problems }) => {
      if (problems.length === 0)
        return { status: "ok", message: "Python bentoml reads every value as it is written" };
      const shown = problems.slice(0, MOST_SHOWN).map(({ line, message }) => `line ${line}: ${message}`);
      const rest = problems.length - shown.length;
      return {
        status: "warn",
        message: shown.join("; ") + (rest > 0 ? `; and ${rest} more` : ""),
        hint: `correct ${cli.store.paths.file}`,
        hidden: { value: shown.flatMap((text) => text.match(QUOTED) ?? []) },
      };
    }),
};
