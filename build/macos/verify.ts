import { createHash } from "node:crypto";
import { type MachO, readMachO } from "./macho.ts";

export const SUPER_BLOB = 0xfade0cc0;
export const CODE_DIRECTORY = 0xfade0c02;
export const ADHOC = 0x2;
export const LINKER_SIGNED = 0x20000;
export const SHA256 = 2;
export const PAGE_BITS = 12;

/** What macOS would object to in the ad-hoc signature of a program: nothing when it is right. */
export function verify(program: Buffer): string[] {
  try {
    const macho = readMachO(program);
    return [...checkPlace(program, macho), ...checkSignature(program, macho)];
  } catch (error) {
    return [error instanceof RangeError ? "the file is cut off" : (error as Error).message];
  }
}

function checkPlace(program: Buffer, { linkedit, signature }: MachO): string[] {
  const end = signature.offset + signature.size;
  return problems({
    "the signature is not the end of the file": end !== program.length,
    "__LINKEDIT does not end with the signature": linkedit.offset + linkedit.size !== end,
    "the signature is not aligned": signature.offset % 16 !== 0,
  });
}

function checkSignature(program: Buffer, macho: MachO): string[] {
  const limit = macho.signature.offset;
  const blob = program.subarray(limit, limit + macho.signature.size);
  if (blob.readUInt32BE(0) !== SUPER_BLOB) return ["there is no signature"];
  if (blob.readUInt32BE(8) !== 1 || blob.readUInt32BE(12) !== 0) return ["more is signed than the code"];
  const directory = blob.subarray(blob.readUInt32BE(16));
  if (directory.readUInt32BE(0) !== CODE_DIRECTORY) return ["there is no code directory"];
  const [length, flags, pages] = [4, 12, 28].map((at) => directory.readUInt32BE(at)) as [
    number,
    number,
    number,
  ];
  const hashes = directory.subarray(directory.readUInt32BE(16), length);
  const found = problems({
    "it is not an ad-hoc signature": (flags & ADHOC) === 0,
    "it is not of SHA-256": directory[36] !== 32 || directory[37] !== SHA256,
    "its pages have another size": directory[39] !== PAGE_BITS,
    "it does not cover everything before it": directory.readUInt32BE(32) !== limit,
    "it has a wrong number of pages": pages !== Math.ceil(limit / 2 ** PAGE_BITS),
    "hashes are missing": hashes.length !== pages * 32,
    "it names another text segment": Number(directory.readBigUInt64BE(72)) !== macho.text.size,
  });
  return found.length > 0 ? found : checkPages(program.subarray(0, limit), hashes);
}

function checkPages(code: Buffer, hashes: Buffer): string[] {
  let wrong = 0;
  for (let at = 0, slot = 0; at < code.length; at += 2 ** PAGE_BITS, slot += 32) {
    const hash = createHash("sha256")
      .update(code.subarray(at, at + 2 ** PAGE_BITS))
      .digest();
    if (!hash.equals(hashes.subarray(slot, slot + 32))) wrong++;
  }
  return wrong === 0 ? [] : [`${wrong} pages have another hash`];
}

function problems(checks: Record<string, boolean>): string[] {
  return Object.keys(checks).filter((problem) => checks[problem]);
}
