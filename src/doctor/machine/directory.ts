import { isWorkingDirectoryDeleted } from "../../system/runtime.ts";
import { type Check, warn } from "../check.ts";
import { text } from "../report.ts";

/** Whether a `.bentorc` can be looked for here. A directory whose path cannot be told throws. */
export const directory: Check = {
  id: "directory",
  async run({ cwd }) {
    if (isWorkingDirectoryDeleted())
      return warn(
        text`the working directory no longer exists, so no .bentorc counts`,
        text`change to a directory that exists`,
      );
    cwd();
    return undefined;
  },
};
