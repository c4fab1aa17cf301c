import { realTarget } from "../../system/files.ts";
import { ownProgram } from "../../system/machine.ts";
import { findPrograms } from "../../system/program.ts";
import type { Check } from "../check.ts";

const MOST_SHOWN = 3;

/** Which program `bentocloud` is in a shell. Others are only named: running what lies around to ask its version is no look. */
export const copies: Check = {
  id: "copies",
  async look({ env }) {
    const program = ownProgram();
    if (program === undefined) return undefined;
    const own = realTarget(program);
    const found = findPrograms("bentocloud", env);
    const others = found.filter((path) => path !== own);
    const hidden = { path: [own, ...others] };
    const [first] = found;
    if (first === undefined)
      return { status: "ok", message: `no program in PATH is called bentocloud; this one is ${own}`, hidden };
    if (first !== own)
      return {
        status: "warn",
        message: `\`bentocloud\` starts ${first}, and not this program, ${own}`,
        hint: "remove one of them, or put the folder of the right one first in PATH",
        hidden,
      };
    const rest = others.length - MOST_SHOWN;
    const named = others.slice(0, MOST_SHOWN).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
    const also = others.length === 0 ? "" : `; behind it in PATH: ${named}`;
    return { status: "ok", message: `\`bentocloud\` starts this program, ${own}${also}`, hidden };
  },
};
