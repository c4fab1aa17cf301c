import { VERSION } from "../../version.ts";
import { variable } from "../../resolve/environment.ts";
import type { Environment } from "../../store/home.ts";
import { readRegularFile } from "../../system/files.ts";
import { describeRuntime, isBun } from "../../system/machine.ts";
import type { Check } from "../check.ts";

/** Variables that the runtime below this program reads, and what they do to it. */
export const runtime: Check = {
  id: "runtime",
  async look({ env }) {
    const files = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"].flatMap((name) => certificatesIn(env, name));
    const faults = [...optionsIn(env), ...files.filter(({ isBad }) => isBad)];
    const notes = [...files.filter(({ isBad }) => !isBad), ...ignoredIn(env)].map(({ says }) => says);
    const hidden = { path: files.map(({ path }) => path) };
    if (faults.length > 0) {
      const message = [...faults.map(({ says }) => says), ...notes].join("; ");
      const names = faults.map(({ name }) => name).join(" and ");
      return { status: "warn", message, hint: `correct or unset ${names}`, hidden };
    }
    const { platform, arch, runtime } = describeRuntime();
    const base = `bentocloud ${VERSION} on ${platform} ${arch}, ${runtime}`;
    return { status: "ok", message: [base, ...notes].join("; "), hidden };
  },
};

interface Remark {
  name: string;
  says: string;
}

/** Read before the first line of this program, so that it can only be told of. */
function optionsIn(env: Environment): Remark[] {
  const name = "BUN_OPTIONS";
  if (!isBun() || variable(env, name) === undefined) return [];
  return [
    {
      name,
      says: `Bun obeys ${name} before this program begins, and it can load code that sees every token`,
    },
  ];
}

/** Bun and Deno go on without a file that they cannot use. */
function certificatesIn(env: Environment, name: string): (Remark & { path: string; isBad: boolean })[] {
  const path = variable(env, name);
  if (path === undefined) return [];
  const why = whyUseless(path);
  const says =
    why === undefined
      ? `the authorities in ${path} (${name}) are trusted`
      : `${name} names ${path}, which ${why}, so that nothing of it is trusted`;
  return [{ name, path, says, isBad: why !== undefined }];
}

function whyUseless(path: string): string | undefined {
  try {
    const text = readRegularFile(path)?.bytes.toString("latin1");
    if (text === undefined) return "does not exist";
    return text.includes("-----BEGIN") ? undefined : "holds no certificate";
  } catch {
    return "cannot be read";
  }
}

/** Set for other programs, and without effect on this one; who looks for a fault may wonder. */
function ignoredIn(env: Environment): Remark[] {
  const value = (name: string) => variable(env, name);
  return [
    value("NODE_TLS_REJECT_UNAUTHORIZED") === "0" && {
      name: "NODE_TLS_REJECT_UNAUTHORIZED",
      says: "NODE_TLS_REJECT_UNAUTHORIZED=0 is ignored: certificates are checked",
    },
    value("BUN_CONFIG_VERBOSE_FETCH") !== undefined && {
      name: "BUN_CONFIG_VERBOSE_FETCH",
      says: "BUN_CONFIG_VERBOSE_FETCH is ignored: no request is printed",
    },
    value("NODE_OPTIONS") !== undefined && { name: "NODE_OPTIONS", says: "NODE_OPTIONS is ignored" },
    // With 1 or true this line is never reached.
    value("BUN_BE_BUN") !== undefined && {
      name: "BUN_BE_BUN",
      says: "BUN_BE_BUN has no effect with this value (with 1 a compiled program is Bun itself)",
    },
  ].filter((remark) => remark !== false);
}
