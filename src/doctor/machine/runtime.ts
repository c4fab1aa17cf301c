import { variable } from "../../resolve/environment.ts";
import { readRegularFile } from "../../system/files.ts";
import { describeRuntime, isBun } from "../../system/machine.ts";
import { VERSION } from "../../version.ts";
import { type Check, ok, warn } from "../check.ts";
import { join, open, secret, type Text, text } from "../report.ts";

/** Variables that the runtime below this program reads, and what they do to it. */
export const runtime: Check = {
  id: "runtime",
  async run({ env }) {
    const isSet = (name: string) => variable(env, name) !== undefined;
    const certificates = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"].filter(isSet);
    const faults = new Map<string, Text>();
    const notes: Text[] = [];
    // Bun obeys them before the first line of this program, which cannot undo them.
    if (isBun() && isSet("BUN_OPTIONS"))
      faults.set(
        "BUN_OPTIONS",
        text`Bun obeys BUN_OPTIONS before this program begins, and it can load code that sees every token`,
      );
    for (const name of certificates) {
      const path = env[name] ?? "";
      const [shown, fault] = [secret("path", path), findFault(path)];
      if (!fault) notes.push(text`the authorities in ${shown} (${open(name)}) are trusted`);
      else
        faults.set(
          name,
          text`${open(name)} names ${shown}, which ${fault}, so that nothing of it is trusted`,
        );
    }
    notes.push(
      ...Object.keys(IGNORED)
        .filter(isSet)
        .map((name) => IGNORED[name] ?? []),
    );
    if (faults.size > 0)
      return warn(
        join([...faults.values(), ...notes]),
        open(`correct or unset ${[...faults.keys()].join(" and ")}`),
      );
    const { platform, arch, runtime } = describeRuntime();
    return ok(join([open(`bentocloud ${VERSION} on ${platform} ${arch}, ${runtime}`), ...notes]));
  },
};

/** Why the runtimes go on without a file of certificates. */
function findFault(path: string): Text | undefined {
  try {
    const certificates = readRegularFile(path)?.bytes.toString("latin1");
    if (certificates === undefined) return text`does not exist`;
    return certificates.includes("-----BEGIN") ? undefined : text`holds no certificate`;
  } catch {
    return text`cannot be read`;
  }
}

/** They change other programs of this runtime, so a user may look for a fault in them. */
const IGNORED: Record<string, Text> = {
  NODE_TLS_REJECT_UNAUTHORIZED: text`NODE_TLS_REJECT_UNAUTHORIZED is ignored: certificates are checked`,
  BUN_CONFIG_VERBOSE_FETCH: text`BUN_CONFIG_VERBOSE_FETCH is ignored: no request is printed`,
  NODE_OPTIONS: text`NODE_OPTIONS is ignored`,
  // With 1 or true a compiled program is Bun itself, and this check never runs.
  BUN_BE_BUN: text`BUN_BE_BUN has no effect with this value (with 1 a compiled program is Bun itself)`,
};
