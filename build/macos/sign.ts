/**
 * Gives a program for macOS an ad-hoc signature, without which the system starts nothing on arm64, and with a wrong one
 * nothing anywhere. The one Bun leaves in a cross-compiled x64 program is the runtime's own, which no longer fits. This
 * one has the form that Bun itself gives to arm64 programs. It names no entitlements: the JIT needs them only under the
 * hardened runtime, which takes a certificate.
 */
import { createHash } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { type MachO, readMachO, resizeSignature } from "./macho.ts";
import { ADHOC, CODE_DIRECTORY, LINKER_SIGNED, PAGE_BITS, SHA256, SUPER_BLOB, verify } from "./verify.ts";

const IDENTIFIER = Buffer.from("bentocloud\0");
const VERSION = 0x20400;
/** Of that version. */
const HEADER_SIZE = 88;
const HASH_SIZE = 32;
const INDEX_SIZE = 20;
const MAIN_BINARY = 1n;

/** @throws Error when the result would not be accepted: then the file is as it was. */
export function signFile(path: string): void {
  const signed = sign(readFileSync(path));
  const problems = verify(signed);
  if (problems.length > 0) throw new Error(`${path} cannot be signed: ${problems.join(", ")}`);
  writeFileSync(`${path}.signed`, signed, { mode: 0o755 });
  renameSync(`${path}.signed`, path);
}

/** The program with such a signature in the place of the one it has. */
export function sign(program: Buffer): Buffer {
  const macho = readMachO(program);
  const limit = macho.signature.offset;
  const pages = Math.ceil(limit / 2 ** PAGE_BITS);
  const length = HEADER_SIZE + IDENTIFIER.length + pages * HASH_SIZE;
  const size = Math.ceil((INDEX_SIZE + length) / 16) * 16;
  const signed = Buffer.alloc(limit + size);
  program.copy(signed, 0, 0, limit);
  resizeSignature(signed, macho, size);
  const index = signed.subarray(limit);
  [SUPER_BLOB, INDEX_SIZE + length, 1, 0, INDEX_SIZE].forEach((word, at) =>
    index.writeUInt32BE(word, at * 4),
  );
  writeDirectory(index.subarray(INDEX_SIZE, INDEX_SIZE + length), macho, pages);
  const hashes = index.subarray(INDEX_SIZE + HEADER_SIZE + IDENTIFIER.length);
  for (let page = 0; page < pages; page++) {
    const start = page * 2 ** PAGE_BITS;
    const text = signed.subarray(start, Math.min(start + 2 ** PAGE_BITS, limit));
    createHash("sha256")
      .update(text)
      .digest()
      .copy(hashes, page * HASH_SIZE);
  }
  return signed;
}

/** Everything of the code directory but the hashes. What stays zero is for other kinds of signatures. */
function writeDirectory(directory: Buffer, { text, signature }: MachO, pages: number): void {
  const words = [
    CODE_DIRECTORY,
    directory.length,
    VERSION,
    ADHOC | LINKER_SIGNED,
    HEADER_SIZE + IDENTIFIER.length,
    HEADER_SIZE,
    0,
    pages,
    signature.offset,
  ];
  words.forEach((word, at) => directory.writeUInt32BE(word, at * 4));
  directory.set([HASH_SIZE, SHA256, 0, PAGE_BITS], 36);
  directory.writeBigUInt64BE(BigInt(text.offset), 64);
  directory.writeBigUInt64BE(BigInt(text.size), 72);
  directory.writeBigUInt64BE(MAIN_BINARY, 80);
  IDENTIFIER.copy(directory, HEADER_SIZE);
}
