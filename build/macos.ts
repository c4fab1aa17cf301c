/**
 * Programs for macOS, read without macOS. The system kills a program whose code signature is wrong, and on arm64 also one
 * that has none. Bun signs what it compiles for arm64. For x64 it leaves the signature of the runtime, which does not
 * match the program. Only Apple's `codesign` can make a right one; this file finds out whether it is right.
 */
import { createHash } from "node:crypto";

/** The parts of a 64-bit Mach-O file that its signature depends on. */
export interface MachO {
  cpu: "x64" | "arm64";
  /** The oldest macOS that starts it. */
  minimum: string;
  /** Bytes of the `__TEXT` segment. */
  textSize: number;
  signature: Range;
}

interface Range {
  offset: number;
  size: number;
}

const MAGIC = 0xfeedfacf;
const HEADER_SIZE = 32;
const CPUS = new Map<number, MachO["cpu"]>([
  [0x01000007, "x64"],
  [0x0100000c, "arm64"],
]);
const LOAD_COMMANDS = { segment: 0x19, signature: 0x1d, buildVersion: 0x32 };

/** @throws Error when the file is no Mach-O program, or is laid out in a way that `codesign` refuses. */
export function readMachO(file: Buffer): MachO {
  if (file.length < HEADER_SIZE || file.readUInt32LE(0) !== MAGIC)
    throw new Error("not a 64-bit Mach-O file");
  const cpu = CPUS.get(file.readUInt32LE(4));
  const segments = new Map<string, Range>();
  let signature: Range | undefined;
  let minimum = "";
  for (let at = HEADER_SIZE, left = file.readUInt32LE(16); left > 0; left--) {
    const command = file.readUInt32LE(at);
    if (command === LOAD_COMMANDS.segment) {
      const name = file.toString("latin1", at + 8, at + 24).replace(/\0.*/, "");
      const [offset, size] = [at + 40, at + 48].map((place) => Number(file.readBigUInt64LE(place)));
      segments.set(name, { offset: offset!, size: size! });
    } else if (command === LOAD_COMMANDS.signature) {
      signature = { offset: file.readUInt32LE(at + 8), size: file.readUInt32LE(at + 12) };
    } else if (command === LOAD_COMMANDS.buildVersion) {
      const version = file.readUInt32LE(at + 12);
      minimum = `${version >> 16}.${(version >> 8) & 0xff}`;
    }
    at += file.readUInt32LE(at + 4);
  }
  const [text, linkedit] = [segments.get("__TEXT"), segments.get("__LINKEDIT")];
  if (!cpu || !text || !linkedit || !signature) throw new Error("not a Mach-O program that can be signed");
  const end = signature.offset + signature.size;
  if (end !== file.length) throw new Error("the signature is not at the end of the file");
  if (linkedit.offset + linkedit.size !== end) throw new Error("__LINKEDIT does not end with the signature");
  return { cpu, minimum, textSize: text.size, signature };
}

/** Numbers of the format, as in Apple's `cs_blobs.h`. */
const SUPER_BLOB = 0xfade0cc0;
const CODE_DIRECTORY = 0xfade0c02;
const CODE_DIRECTORY_SLOT = 0;
const SHA256 = { type: 2, size: 32 };

/**
 * Why macOS would kill the program; empty when its signature is valid. An ad-hoc signature, which names nobody, is enough
 * to start a program.
 */
export function signatureProblems(program: Buffer): string[] {
  const { signature, textSize } = readMachO(program);
  const directory = findCodeDirectory(program.subarray(signature.offset));
  if (!directory) return ["there is no signature"];
  const [length, hashesAt, pages, limit] = [4, 16, 28, 32].map((at) => directory.readUInt32BE(at)) as [
    number,
    number,
    number,
    number,
  ];
  const pageSize = 2 ** directory[39]!;
  const hashes = directory.subarray(hashesAt, length);
  const found = Object.entries({
    "it does not use SHA-256": directory[36] !== SHA256.size || directory[37] !== SHA256.type,
    "it does not cover everything before it": limit !== signature.offset,
    "it has a wrong number of pages": pages !== Math.ceil(limit / pageSize),
    "hashes are missing": hashes.length !== pages * SHA256.size,
    "it names another text segment": Number(directory.readBigUInt64BE(72)) !== textSize,
  }).flatMap(([problem, isThere]) => (isThere ? [problem] : []));
  return found.length > 0 ? found : checkPages(program.subarray(0, limit), hashes, pageSize);
}

/** A signature is a list of blobs; `codesign` writes requirements and certificates beside the code directory. */
function findCodeDirectory(signature: Buffer): Buffer | undefined {
  if (signature.readUInt32BE(0) !== SUPER_BLOB) return undefined;
  for (let index = 0; index < signature.readUInt32BE(8); index++) {
    if (signature.readUInt32BE(12 + index * 8) !== CODE_DIRECTORY_SLOT) continue;
    const directory = signature.subarray(signature.readUInt32BE(16 + index * 8));
    return directory.readUInt32BE(0) === CODE_DIRECTORY ? directory : undefined;
  }
  return undefined;
}

function checkPages(code: Buffer, hashes: Buffer, pageSize: number): string[] {
  let wrong = 0;
  for (let at = 0, slot = 0; at < code.length; at += pageSize, slot += SHA256.size) {
    const hash = createHash("sha256")
      .update(code.subarray(at, at + pageSize))
      .digest();
    if (!hash.equals(hashes.subarray(slot, slot + SHA256.size))) wrong++;
  }
  return wrong === 0 ? [] : [`${wrong} pages have another hash`];
}
