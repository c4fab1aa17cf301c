import { homedir } from "node:os";
import { join } from "node:path";
import { baseOn } from "../../build/compile.ts";
import type { Target } from "../../build/targets.ts";

/** The data that Bun appends to its runtime when it compiles a program, in the layout of the pinned version of Bun. */
export interface Payload {
  bytes: Buffer;
  /** The names of the files in it. */
  files: string[];
  /** A bit for each kind of file that the program would load from its working directory. */
  flags: number;
  /** The runtime options it starts with. */
  options: string;
}

const TRAILER = "\n---- Bun! ----\n";
const FILE_SIZE = 52;

export function readPayload(program: Buffer): Payload {
  const end = program.lastIndexOf(TRAILER);
  if (end === -1) throw new Error("it holds no compiled program");
  const at = end - 32;
  const [modules, length, , optionsAt, optionsLength, flags] = [8, 12, 16, 20, 24, 28].map((offset) =>
    program.readUInt32LE(at + offset),
  ) as [number, number, number, number, number, number];
  const bytes = program.subarray(at - Number(program.readBigUInt64LE(at)), at);
  const textAt = (offset: number, size: number) => bytes.toString("utf8", offset, offset + size);
  const files = Array.from({ length: length / FILE_SIZE }, (_, index) => modules + index * FILE_SIZE).map(
    (entry) => textAt(bytes.readUInt32LE(entry), bytes.readUInt32LE(entry + 4)),
  );
  return { bytes, files, flags, options: textAt(optionsAt, optionsLength) };
}

/** Modules that c12 must find replaced by stubs: the message of each stub must be in the program. */
const REFUSALS = ["dotenv", "exsolve", "giget", "jiti", "node:fs", "node:fs/promises", "pkg-types", "rc9"];
/** Text that only the real modules contain. */
const LOADERS = ["registerTemplateProvider", "DOTENV_KEY", "codeload.github.com"];
const SECRETS =
  /\b(?:gh[pousr]_\w{30,}|github_pat_\w{30,}|npm_\w{30,}|AKIA[A-Z\d]{16})\b|-----BEGIN [A-Z ]*PRIVATE KEY/;

/** One sentence for each forbidden or missing part of a program. `bare` is a program compiled with the same options. */
export function checkContents(payload: Payload, bare: Payload, target: Target): string[] {
  const text = payload.bytes.toString("latin1");
  const problems: string[] = [];
  const refuse = (found: string | undefined, what: string) => {
    if (found !== undefined) problems.push(`${what}: ${found}`);
  };
  for (const path of machinePaths()) refuse(text.includes(path) ? path : undefined, "a path of this machine");
  refuse(SECRETS.exec(text)?.[0].slice(0, 8), "a secret");
  refuse(ownToken(text), "a token of this machine's environment");
  for (const name of REFUSALS)
    refuse(text.includes(`${name} is not part of bentocloud`) ? undefined : name, "not replaced by a stub");
  for (const word of LOADERS) refuse(text.includes(word) ? word : undefined, "code that loads configuration");
  refuse(missingFile(text, payload.files, baseOn(target.os)), "a missing chunk");
  refuse(
    payload.flags === bare.flags ? undefined : String(payload.flags),
    "it would load files by itself, flags",
  );
  refuse(payload.options === "--use-system-ca" ? undefined : payload.options, "unexpected options");
  return problems;
}

function machinePaths(): string[] {
  const checkout = join(import.meta.dir, "../..");
  // The home /root is not searched for: Bun's folder inside every program ends in /root.
  const homes = ["/root", "/"].includes(homedir())
    ? [join(homedir(), "."), join(homedir(), "bentoml")]
    : [homedir()];
  return [checkout, ...homes.filter((path) => path.length > 6)];
}

function ownToken(text: string): string | undefined {
  const names = ["BENTO_CLOUD_API_KEY", "NPM_TOKEN", "NODE_AUTH_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"];
  return names.find((name) => {
    const token = process.env[name];
    return token !== undefined && token.length >= 8 && text.includes(token);
  });
}

/** Every imported chunk must be in the program, because Bun would search for a missing one on the disk. */
function missingFile(text: string, files: string[], base: string): string | undefined {
  const names = new Set(files.map((path) => path.slice(path.lastIndexOf("/") + 1)));
  const escaped = base.replaceAll(/[$/~.]/g, "\\$&");
  const imports = text.matchAll(new RegExp(`(?:from|import\\(|import)\\s*"${escaped}([\\w.]+)"`, "g"));
  return [...imports].map(([, name]) => name!).find((name) => !names.has(name));
}
