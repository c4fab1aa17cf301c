/** A part of a file: a segment, or what a load command points at. */
interface Part {
  /** Of the load command in the file. */
  at: number;
  offset: number;
  size: number;
}

/** What signing has to know of a 64-bit Mach-O file. */
export interface MachO {
  cpu: "x64" | "arm64";
  text: Part;
  linkedit: Part;
  signature: Part;
}

const MAGIC = 0xfeedfacf;
const HEADER_SIZE = 32;
const SEGMENT = 0x19;
const CODE_SIGNATURE = 0x1d;
const CPUS = new Map<number, MachO["cpu"]>([
  [0x01000007, "x64"],
  [0x0100000c, "arm64"],
]);

/** @throws Error when it is no such file or has no place for a signature. */
export function readMachO(file: Buffer): MachO {
  if (file.length < HEADER_SIZE || file.readUInt32LE(0) !== MAGIC) throw new Error("no 64-bit Mach-O file");
  const cpu = CPUS.get(file.readUInt32LE(4));
  const parts = new Map<string, Part>();
  let at = HEADER_SIZE;
  for (let left = file.readUInt32LE(16); left > 0; left--) {
    const command = file.readUInt32LE(at);
    if (command === SEGMENT) {
      const name = file.toString("latin1", at + 8, at + 24).replace(/\0.*/, "");
      parts.set(name, {
        at,
        offset: Number(file.readBigUInt64LE(at + 40)),
        size: Number(file.readBigUInt64LE(at + 48)),
      });
    } else if (command === CODE_SIGNATURE) {
      parts.set("signature", { at, offset: file.readUInt32LE(at + 8), size: file.readUInt32LE(at + 12) });
    }
    at += file.readUInt32LE(at + 4);
  }
  const [text, linkedit, signature] = ["__TEXT", "__LINKEDIT", "signature"].map((name) => parts.get(name));
  if (!cpu || !text || !linkedit || !signature) throw new Error("not a Mach-O program that can be signed");
  return { cpu, text, linkedit, signature };
}

/** Says in the load commands that the signature, which is the last thing in the file, has another size. */
export function resizeSignature(file: Buffer, { cpu, linkedit, signature }: MachO, size: number): void {
  const end = signature.offset + size - linkedit.offset;
  const page = cpu === "arm64" ? 0x4000 : 0x1000;
  file.writeUInt32LE(size, signature.at + 12);
  file.writeBigUInt64LE(BigInt(Math.ceil(end / page) * page), linkedit.at + 32);
  file.writeBigUInt64LE(BigInt(end), linkedit.at + 48);
}
