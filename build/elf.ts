/**
 * Makes programs for Linux survive `strip`. Bun puts our code into the section `.bun`, and the section's address into
 * eight bytes outside of every section. `strip` overwrites bytes outside of sections with zeros, and a program without the
 * address is a bare Bun, which runs the scripts of the working directory's package.json. Therefore this makes the section
 * before the address eight bytes longer.
 */

export interface Section {
  /** Where its header is in the file. */
  readonly header: number;
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
  /** The number of the section that this one refers to. */
  readonly link: number;
}

const ADDRESS_SIZE = 8;
const SIZE_FIELD = 32;
/** Sections of these types hold no bytes of the file. */
const NULL = 0;
const NOBITS = 8;

export function isElf(file: Buffer): boolean {
  return file.readUInt32BE(0) === 0x7f454c46;
}

/** The sections of a 64-bit, little-endian ELF file. */
export function readSections(file: Buffer): Section[] {
  const u64 = (at: number) => Number(file.readBigUInt64LE(at));
  const [start, size, count] = [u64(40), file.readUInt16LE(58), file.readUInt16LE(60)];
  const headers = Array.from({ length: count }, (_, index) => start + index * size);
  const names = u64(headers[file.readUInt16LE(62)]! + 24);
  return headers.map((header) => {
    const nameAt = names + file.readUInt32LE(header);
    return {
      header,
      name: file.toString("latin1", nameAt, file.indexOf(0, nameAt)),
      type: file.readUInt32LE(header + 4),
      address: u64(header + 16),
      offset: u64(header + 24),
      size: u64(header + SIZE_FIELD),
      link: file.readUInt32LE(header + 40),
    };
  });
}

/** Changes the section header that makes the program survive. @throws Error when Bun's layout is another one. */
export function surviveStrip(file: Buffer): void {
  const { before, isCovered } = findCodeAddress(file);
  if (!isCovered) file.writeBigUInt64LE(BigInt(before.size + ADDRESS_SIZE), before.header + SIZE_FIELD);
}

/** Whether `strip` would leave the code in it. */
export function survivesStrip(file: Buffer): boolean {
  return findCodeAddress(file).isCovered;
}

/** Finds the section that ends where the address of the code is, or right behind it. */
function findCodeAddress(file: Buffer): { before: Section; isCovered: boolean } {
  const sections = readSections(file).filter(({ type }) => type !== NULL && type !== NOBITS);
  const code = sections.find(({ name }) => name === ".bun");
  if (!code) throw new Error("it has no section .bun");
  const address = BigInt(code.address);
  const found = sections.flatMap((before) =>
    [before.offset + before.size, before.offset + before.size - ADDRESS_SIZE].flatMap((at, index) =>
      file.readBigUInt64LE(at) === address ? [{ before, isCovered: index === 1 }] : [],
    ),
  );
  if (found.length !== 1) throw new Error("the address of its code is not where Bun puts it");
  return found[0]!;
}

/**
 * Bun raises the limit of open files before any JavaScript runs and does not store the old limit, so every program that
 * we start would inherit the raised one. Its call of `setrlimit` is bound to `getrlimit` instead, which takes the same
 * arguments and changes nothing. @throws Error when Bun imports it in another way.
 */
export function keepLimits(file: Buffer): void {
  const names = readSections(file).find(({ name }) => name === ".dynstr");
  const table = names && file.subarray(names.offset, names.offset + names.size);
  const at = table?.indexOf("\0setrlimit\0") ?? -1;
  if (!table || at === -1) throw new Error("it does not import setrlimit");
  table.write("\0getrlimit", at);
}
