import { glanceAtRepository } from "../../scan/glance.ts";
import { type Check, ok, warn } from "../check.ts";
import { list, open, secret, text } from "../report.ts";

/** Whether a file that git tracks here holds a token, as far as a short look shows. */
export const leaks: Check = {
  id: "leaks",
  async run(cli) {
    const paths = await glanceAtRepository(cli);
    if (paths === undefined) return undefined;
    if (paths.length === 0)
      return ok(text`git tracks no .env file or the like here with an API token of yours`);
    const shown = list(paths.map((path) => secret("path", path)));
    return warn(
      text`git tracks a file with an API token of yours: ${shown}`,
      open("bentocloud scan --history"),
    );
  },
};
