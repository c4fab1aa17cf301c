import { realTarget } from "../../system/files.ts";
import { ownProgram } from "../../system/machine.ts";
import { findPrograms } from "../../system/program.ts";
import { type Check, ok, warn } from "../check.ts";
import { list, secret, type Text, text } from "../report.ts";

/** Which program a shell starts as `bentocloud`. Others are named but not run, not even to ask for their version. */
export const copies: Check = {
  id: "copies",
  async run({ env }) {
    const program = ownProgram();
    if (program === undefined) return undefined;
    const path = (value: string): Text => secret("path", value);
    const own = realTarget(program);
    const [first, ...others] = findPrograms("bentocloud", env);
    if (first === undefined)
      return ok(text`no program in PATH is called bentocloud; this one is ${path(own)}`);
    if (first !== own)
      return warn(
        text`\`bentocloud\` starts ${path(first)}, and not this program, ${path(own)}`,
        text`remove one of them, or put the folder of the right one first in PATH`,
      );
    const also = others.length > 0 ? text`; behind it in PATH: ${list(others.map(path), { most: 3 })}` : [];
    return ok(text`\`bentocloud\` starts this program, ${path(own)}${also}`);
  },
};
