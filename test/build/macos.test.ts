import { readFileSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { readMachO, signatureProblems } from "../../build/macos.ts";
import { runtimeFor } from "../../build/runtimes.ts";
import { targetNamed } from "../../build/targets.ts";

// The runtimes are real programs that Apple's codesign has signed, with pages of 16 KiB on arm64 and 4 KiB on x64.
describe.each(["darwin-arm64", "darwin-x64"])("signature of a program for %s", (name) => {
  const target = targetNamed(name);
  const load = async () => readFileSync((await runtimeFor(target)).executablePath);

  test("is valid as codesign made it", async () => {
    const program = await load();
    expect(readMachO(program)).toMatchObject({ cpu: target.cpu, minimum: "13.0" });
    expect(signatureProblems(program)).toEqual([]);
  });

  test("is invalid when one byte of a page was changed: the first, a middle, or the shorter last page", async () => {
    const program = await load();
    const { offset } = readMachO(program).signature;
    for (const at of [20, 0x123456, offset - 1]) program[at]! ^= 1;
    expect(signatureProblems(program)).toEqual(["3 pages have another hash"]);
  });

  test("is invalid when one hash was changed", async () => {
    const program = await load();
    const directory = codeDirectory(program);
    directory[directory.readUInt32BE(16) + 5 * 32]! ^= 1;
    expect(signatureProblems(program)).toEqual(["1 pages have another hash"]);
  });

  test("is invalid when it covers less than the program", async () => {
    const program = await load();
    codeDirectory(program).writeUInt32BE(4096, 32);
    expect(signatureProblems(program)).toContain("it does not cover everything before it");
  });

  test("is missing when its place is empty", async () => {
    const program = await load();
    program.fill(0, readMachO(program).signature.offset);
    expect(signatureProblems(program)).toEqual(["there is no signature"]);
  });

  test("is not checked in a file that is truncated or has trailing data", async () => {
    const program = await load();
    const longer = Buffer.concat([program, Buffer.from("more")]);
    for (const file of [program.subarray(0, -1), longer])
      expect(() => signatureProblems(file)).toThrow("the signature is not at the end of the file");
  });
});

/** The code directory is the first blob of the signature. */
function codeDirectory(program: Buffer): Buffer {
  const signature = program.subarray(readMachO(program).signature.offset);
  return signature.subarray(signature.readUInt32BE(16));
}

test("signature: a file that is not a program for macOS is refused", () => {
  const elf = Buffer.from("\u007fELF and enough text for a header");
  for (const file of [elf, Buffer.alloc(8)])
    expect(() => signatureProblems(file)).toThrow("not a 64-bit Mach-O file");
});
