import { variable } from "../../resolve/environment.ts";
import { faultIn, findUnusableAuthorities } from "../../system/authorities.ts";
import { realTarget } from "../../system/files.ts";
import { describeRuntime, isBun, ownProgram } from "../../system/machine.ts";
import { findPrograms } from "../../system/program.ts";
import { isWorkingDirectoryDeleted } from "../../system/runtime.ts";
import { VERSION } from "../../version.ts";
import { type Check, ok, warn } from "../check.ts";
import { join, list, open, secret, type Text, text } from "../report.ts";

/** Whether this program can look for a `.bentorc` here. A working directory with an unknown path throws. */
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

/** Variables that the runtime below this program reads. */
export const runtime: Check = {
  id: "runtime",
  async run({ env }) {
    const faults: Record<string, Text> = {};
    // Nothing that runs in this program can undo what Bun did before its first line.
    if (isBun() && variable(env, "BUN_OPTIONS") !== undefined)
      faults["BUN_OPTIONS"] =
        text`Bun obeys BUN_OPTIONS before this program begins, and it can load code that sees every token`;
    const files = {
      NODE_EXTRA_CA_CERTS: findUnusableAuthorities(env)?.why,
      SSL_CERT_FILE: env["SSL_CERT_FILE"] ? faultIn(env["SSL_CERT_FILE"]) : undefined,
    };
    for (const [name, why] of Object.entries(files)) {
      if (why === undefined) continue;
      const file = secret("path", env[name] ?? "");
      faults[name] = text`${open(name)} names ${file}, which ${open(why)}, so that nothing of it is trusted`;
    }
    const names = Object.keys(faults);
    if (names.length > 0)
      return warn(join(Object.values(faults)), open(`correct or unset ${names.join(" and ")}`));
    const { platform, arch, runtime } = describeRuntime();
    return ok(open(`bentocloud ${VERSION} on ${platform} ${arch}, ${runtime}`));
  },
};

/** Which program a shell starts as `bentocloud`. Other programs are named but not run, not even for their version. */
export const copies: Check = {
  id: "copies",
  async run({ env }) {
    const program = ownProgram();
    if (program === undefined) return undefined;
    const path = (value: string): Text => secret("path", value);
    const own = realTarget(program);
    const [first, ...others] = findPrograms("bentocloud", env);
    if (first === undefined)
      return ok(text`no program in PATH is called bentocloud; this program is ${path(own)}`);
    if (first !== own)
      return warn(
        text`\`bentocloud\` starts ${path(first)} instead of this program, ${path(own)}`,
        text`remove one of them, or put the folder of the right one first in PATH`,
      );
    const also = others.length > 0 ? text`; later in PATH: ${list(others.map(path), { most: 3 })}` : [];
    return ok(text`\`bentocloud\` starts this program, ${path(own)}${also}`);
  },
};
