import { variable } from "../../resolve/environment.ts";
import type { Environment } from "../../store/home.ts";
import { readRegularFile } from "../../system/files.ts";
import { describeRuntime, isBun } from "../../system/machine.ts";
import { VERSION } from "../../version.ts";
import { type Check, ok, warn } from "../check.ts";
import { join, open, secret, type Text, text } from "../report.ts";

/** What is said of one variable. */
interface Remark {
  name: string;
  isFault: boolean;
  message: Text;
}

/** Variables that the runtime below this program reads, and what they do to it. */
export const runtime: Check = {
  id: "runtime",
  async run({ env }) {
    const certificates = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"].flatMap((name) => checkFile(env, name));
    const remarks = [...checkOptions(env), ...certificates, ...listIgnored(env)];
    const faults = remarks.filter(({ isFault }) => isFault);
    const notes = remarks.filter(({ isFault }) => !isFault).map(({ message }) => message);
    if (faults.length > 0) {
      const variables = faults.map(({ name }) => name).join(" and ");
      return warn(
        join([...faults.map(({ message }) => message), ...notes]),
        open(`correct or unset ${variables}`),
      );
    }
    const { platform, arch, runtime } = describeRuntime();
    return ok(join([open(`bentocloud ${VERSION} on ${platform} ${arch}, ${runtime}`), ...notes]));
  },
};

/** Bun obeys them before the first line of this program, which cannot undo them. */
function checkOptions(env: Environment): Remark[] {
  const name = "BUN_OPTIONS";
  if (!isBun() || variable(env, name) === undefined) return [];
  const message = text`Bun obeys ${open(name)} before this program begins, and it can load code that sees every token`;
  return [{ name, isFault: true, message }];
}

/** The runtimes go on without a file of certificates that they cannot use. */
function checkFile(env: Environment, name: string): Remark[] {
  const path = variable(env, name);
  if (path === undefined) return [];
  const shown = secret("path", path);
  const fault = findFault(path);
  if (!fault)
    return [{ name, isFault: false, message: text`the authorities in ${shown} (${open(name)}) are trusted` }];
  const message = text`${open(name)} names ${shown}, which ${fault}, so that nothing of it is trusted`;
  return [{ name, isFault: true, message }];
}

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
function listIgnored(env: Environment): Remark[] {
  const isChecked = variable(env, "NODE_TLS_REJECT_UNAUTHORIZED") !== "0";
  const ignored: Record<string, Text> = {
    ...(!isChecked && {
      NODE_TLS_REJECT_UNAUTHORIZED: text`NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: certificates are checked`,
    }),
    BUN_CONFIG_VERBOSE_FETCH: text`BUN_CONFIG_VERBOSE_FETCH is ignored: no request is printed`,
    NODE_OPTIONS: text`NODE_OPTIONS is ignored`,
    // With 1 or true a compiled program is Bun itself, and this check never runs.
    BUN_BE_BUN: text`BUN_BE_BUN has no effect with this value (with 1 a compiled program is Bun itself)`,
  };
  return Object.entries(ignored).flatMap(([name, message]) =>
    variable(env, name) === undefined ? [] : [{ name, isFault: false, message }],
  );
}
