import { variable } from "../../resolve/environment.ts";
import { faultIn, findUnusableAuthorities } from "../../system/authorities.ts";
import { describeRuntime, isBun } from "../../system/machine.ts";
import { VERSION } from "../../version.ts";
import { type Check, ok, warn } from "../check.ts";
import { join, open, secret, type Text, text } from "../report.ts";

/** Variables that the runtime below this program reads, and what they do to it. */
export const runtime: Check = {
  id: "runtime",
  async run({ env }) {
    const isSet = (name: string) => variable(env, name) !== undefined;
    const faults: Record<string, Text> = isBun() && isSet("BUN_OPTIONS") ? { BUN_OPTIONS } : {};
    const notes: Text[] = [];
    for (const name of ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"].filter(isSet)) {
      const [label, file] = [open(name), secret("path", env[name] ?? "")];
      const isExtra = name === "NODE_EXTRA_CA_CERTS";
      const fault = isExtra ? findUnusableAuthorities(env)?.why : faultIn(env[name] ?? "");
      if (fault !== undefined)
        faults[name] = text`${label} names ${file}, which ${open(fault)}, so that nothing of it is trusted`;
      else notes.push(text`the authorities in ${file} (${label}) are trusted`);
    }
    for (const [name, note] of Object.entries(IGNORED)) if (isSet(name)) notes.push(note);
    const names = Object.keys(faults);
    if (names.length > 0)
      return warn(
        join([...Object.values(faults), ...notes]),
        open(`correct or unset ${names.join(" and ")}`),
      );
    const { platform, arch, runtime } = describeRuntime();
    return ok(join([open(`bentocloud ${VERSION} on ${platform} ${arch}, ${runtime}`), ...notes]));
  },
};

// Nothing that runs in this program can undo what Bun did before its first line.
const BUN_OPTIONS = text`Bun obeys BUN_OPTIONS before this program begins, and it can load code that sees every token`;

/** These change other programs of this runtime, so a user may look for a fault in them. */
const IGNORED: Record<string, Text> = {
  NODE_TLS_REJECT_UNAUTHORIZED: text`NODE_TLS_REJECT_UNAUTHORIZED is ignored: certificates are checked`,
  BUN_CONFIG_VERBOSE_FETCH: text`BUN_CONFIG_VERBOSE_FETCH is ignored: no request is printed`,
  NODE_OPTIONS: text`NODE_OPTIONS is ignored`,
  // With 1 or true a compiled program is Bun itself, and this check never runs.
  BUN_BE_BUN: text`BUN_BE_BUN has no effect with this value (with 1 a compiled program is Bun itself)`,
};
