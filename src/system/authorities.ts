import { unsetInLibrary } from "./libc.ts";
import { readRegularFile } from "./read-file.ts";
import type { Environment } from "./runtime.ts";

/** Names a file of authorities that every runtime trusts besides its own. */
const VARIABLE = "NODE_EXTRA_CA_CERTS";

/** The reason why the runtime cannot use the file that the variable names. */
export interface Unusable {
  variable: string;
  path: string;
  why: string;
}

/** Undefined when the runtime uses the file, or the variable names none. */
export function findUnusableAuthorities(env: Environment): Unusable | undefined {
  const path = env[VARIABLE];
  if (!path) return undefined;
  hideUnusableAuthorities(env);
  const why = faultIn(path);
  const { getCACertificates } = process.getBuiltinModule("node:tls");
  // Node accepts some of these faults. Deno lists certificates that it does not use.
  const isUsed = !process.versions["deno"] && (getCACertificates?.("extra").length ?? 0) > 0;
  return why === undefined || isUsed ? undefined : { variable: VARIABLE, path, why };
}

let isChecked = false;

/**
 * Bun prints a warning to stderr when it cannot use the file, which would break our JSON there. Bun reads the variable
 * from the C library when it first needs certificates, so it is unset only there: our children still get it. On Windows,
 * where Bun has a C library to itself, the warning stays.
 */
export function hideUnusableAuthorities(env: Environment = process.env): void {
  const path = env[VARIABLE];
  if (isChecked || !path || !process.versions.bun || process.platform === "win32") return;
  isChecked = true;
  if (faultIn(path) !== undefined) unsetInLibrary(VARIABLE);
}

const LARGEST = 16 * 1024 * 1024;

/** The reason why the runtimes ignore a file of certificates. */
export function faultIn(path: string): string | undefined {
  let bytes: Uint8Array | undefined;
  try {
    bytes = readRegularFile(path, { limit: LARGEST })?.bytes;
  } catch {
    return "cannot be read";
  }
  if (!bytes) return "does not exist";
  const text = new TextDecoder("latin1").decode(bytes);
  if (/^(?:\u00ef\u00bb\u00bf|\u00ff\u00fe|\u00fe\u00ff)/.test(text)) return "begins with a byte order mark";
  const blocks = blocksOf(text).filter(({ name }) => /^(?:X509 )?CERTIFICATE$/.test(name));
  const broken = blocks.findIndex(({ pem }) => !isCertificate(pem));
  if (broken !== -1) return `has a broken certificate (number ${broken + 1})`;
  return blocks.length === 0 ? "holds no certificate" : undefined;
}

/** The PEM blocks of a text; the text of a block is empty when its END line is missing. */
function blocksOf(text: string): { name: string; pem: string }[] {
  const blocks: { name: string; pem: string }[] = [];
  let open: { name: string; lines: string[] } | undefined;
  for (const line of [...text.split("\n").map((line) => line.trimEnd()), "-----"]) {
    const name = /^-----BEGIN ([^-]+)-----$/.exec(line)?.[1];
    if (open && line.startsWith("-----")) {
      const isClosed = line === `-----END ${open.name}-----`;
      blocks.push({ name: open.name, pem: isClosed ? [...open.lines, line].join("\n") : "" });
      open = undefined;
    } else if (open) open.lines.push(line);
    else if (name !== undefined) open = { name, lines: [line] };
  }
  return blocks;
}

function isCertificate(pem: string): boolean {
  const { X509Certificate } = process.getBuiltinModule("node:crypto");
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
