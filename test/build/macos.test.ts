import { createHash } from "node:crypto";
import { expect, test } from "bun:test";
import { readMachO } from "../../build/macos/macho.ts";
import { sign } from "../../build/macos/sign.ts";
import { verify } from "../../build/macos/verify.ts";

const PAGE = 4096;
const CPUS = { x64: 0x01000007, arm64: 0x0100000c };

/** A program of some pages of code, with another one's signature behind them. */
function program(cpu: keyof typeof CPUS = "x64", codeSize = 5 * PAGE + 48): Buffer {
  const file = Buffer.alloc(codeSize + 64, 0xcc);
  const segment = (at: number, name: string, offset: number, size: number) => {
    file.fill(0, at, at + 72);
    file.writeUInt32LE(0x19, at);
    file.writeUInt32LE(72, at + 4);
    file.write(name, at + 8, "latin1");
    file.writeBigUInt64LE(BigInt(Math.ceil(size / PAGE) * PAGE), at + 32);
    file.writeBigUInt64LE(BigInt(offset), at + 40);
    file.writeBigUInt64LE(BigInt(size), at + 48);
  };
  [0xfeedfacf, CPUS[cpu], 0, 2, 3, 160, 0, 0].forEach((word, at) => file.writeUInt32LE(word, at * 4));
  segment(32, "__TEXT", 0, 4 * PAGE);
  segment(104, "__LINKEDIT", 4 * PAGE, file.length - 4 * PAGE);
  [0x1d, 16, codeSize, 64].forEach((word, at) => file.writeUInt32LE(word, 176 + at * 4));
  return file;
}

test.each(["x64", "arm64"] as const)("signature: a signed %s program is accepted", (cpu) => {
  const file = program(cpu);
  expect(verify(file)).not.toEqual([]);
  expect(verify(sign(file))).toEqual([]);
});

test("signature: every page of the code has its hash, the last and shorter one too", () => {
  const file = sign(program());
  const { offset } = readMachO(file).signature;
  const directory = offset + file.readUInt32BE(offset + 16);
  const hashes = directory + file.readUInt32BE(directory + 16);
  expect(file.readUInt32BE(directory + 28)).toBe(6);
  for (let page = 0; page < 6; page++) {
    const code = file.subarray(page * PAGE, Math.min((page + 1) * PAGE, offset));
    const hash = createHash("sha256").update(code).digest("hex");
    expect(file.toString("hex", hashes + page * 32, hashes + page * 32 + 32)).toBe(hash);
  }
  expect(hashes + 6 * 32).toBeLessThanOrEqual(file.length);
});

test("signature: it names the program, says that nobody vouches for it, and covers what it stands behind", () => {
  const file = sign(program());
  const { offset, size } = readMachO(file).signature;
  const directory = offset + 20;
  expect(offset + size).toBe(file.length);
  expect(file.readUInt32BE(directory + 12)).toBe(0x20002);
  expect(file.readUInt32BE(directory + 32)).toBe(offset);
  expect(file.toString("latin1", directory + 88, directory + 99)).toBe("bentocloud\0");
});

test("signature: one changed byte of the code is found wherever it is", () => {
  const signed = sign(program());
  const { offset } = readMachO(signed).signature;
  for (const at of [20, 300, PAGE - 1, PAGE, 3 * PAGE + 7, offset - 1]) {
    const changed = Buffer.from(signed);
    changed[at]! ^= 1;
    expect({ at, problems: verify(changed) }).toEqual({ at, problems: ["1 pages have another hash"] });
  }
});

test("signature: one changed hash is found", () => {
  const signed = sign(program());
  const hashes = readMachO(signed).signature.offset + 20 + 99;
  signed[hashes + 2 * 32 + 5]! ^= 1;
  expect(verify(signed)).toEqual(["1 pages have another hash"]);
});

test("signature: a file that is cut off or goes on is refused", () => {
  const signed = sign(program());
  expect(verify(signed.subarray(0, -1))).not.toEqual([]);
  expect(verify(signed.subarray(0, 3 * PAGE))).not.toEqual([]);
  expect(verify(signed.subarray(0, 100))).toEqual(["the file is cut off"]);
  expect(verify(Buffer.concat([signed, Buffer.from("more")]))).toEqual([
    "the signature is not the end of the file",
  ]);
});

test("signature: what covers less than the whole program is refused", () => {
  const signed = sign(program());
  const directory = readMachO(signed).signature.offset + 20;
  signed.writeUInt32BE(PAGE, directory + 32);
  expect(verify(signed)).toContain("it does not cover everything before it");
});

test("signature: signing again changes nothing", () => {
  const once = sign(program());
  expect(sign(once).equals(once)).toBe(true);
});

test("signature: a file that is no program for macOS is said to be none", () => {
  expect(verify(Buffer.from("\u007fELF and so on, long enough for a head"))).toEqual([
    "no 64-bit Mach-O file",
  ]);
  expect(() => sign(Buffer.alloc(8))).toThrow("no 64-bit Mach-O file");
});
