import { readMachO } from "../../build/macos/macho.ts";
import { verify } from "../../build/macos/verify.ts";
import type { Target } from "../../build/targets.ts";

/** What the head of a program says of it. */
export interface Format {
  format: "ELF" | "Mach-O" | "PE";
  cpu: string;
  /** The loader that the system starts it with, on Linux: it is not static. */
  interpreter?: string;
  /** The newest version of glibc whose symbols it uses: the oldest that it runs on. */
  glibc?: string;
  /** Of macOS, the oldest. */
  minimum?: string;
  problems: string[];
}

const ELF_CPUS: Record<number, string> = { 0x3e: "x64", 0xb7: "arm64" };
const PE_CPUS: Record<number, string> = { 0x8664: "x64", 0xaa64: "arm64" };
const INTERPRETERS: Record<string, string> = {
  "linux-x64": "/lib64/ld-linux-x86-64.so.2",
  "linux-arm64": "/lib/ld-linux-aarch64.so.1",
  "linux-x64-musl": "/lib/ld-musl-x86_64.so.1",
  "linux-arm64-musl": "/lib/ld-musl-aarch64.so.1",
};
const FORMATS = { linux: "ELF", darwin: "Mach-O", win32: "PE" };

/** @throws Error when it is no program at all. */
export function readFormat(file: Buffer, target: Target): Format {
  const found =
    file.readUInt32BE(0) === 0x7f454c46
      ? readElf(file)
      : file.readUInt16BE(0) === 0x4d5a
        ? readPe(file)
        : readMac(file);
  const { format, cpu, interpreter } = found;
  if (format !== FORMATS[target.os]) found.problems.push(`it is ${format}`);
  if (cpu !== target.cpu) found.problems.push(`it is for ${cpu}`);
  if (interpreter !== INTERPRETERS[target.name]) found.problems.push(`its loader is ${interpreter}`);
  return found;
}

const LOADER = 3;
const NEEDED_VERSIONS = 0x6ffffffe;

function readElf(file: Buffer): Format {
  const u64 = (at: number) => Number(file.readBigUInt64LE(at));
  const textAt = (at: number) => file.toString("latin1", at, file.indexOf(0, at));
  const programs = Array.from(
    { length: file.readUInt16LE(56) },
    (_, index) => u64(32) + index * file.readUInt16LE(54),
  );
  const loader = programs.find((at) => file.readUInt32LE(at) === LOADER);
  const sections = Array.from(
    { length: file.readUInt16LE(60) },
    (_, index) => u64(40) + index * file.readUInt16LE(58),
  );
  const versions = sections.find((at) => file.readUInt32LE(at + 4) === NEEDED_VERSIONS);
  const names = versions === undefined ? [] : readVersions();
  const glibc = names
    .flatMap((name) => /^GLIBC_([\d.]+)$/.exec(name)?.[1] ?? [])
    .sort(byNumbers)
    .at(-1);
  return {
    format: "ELF",
    cpu: ELF_CPUS[file.readUInt16LE(18)] ?? "another processor",
    ...(loader !== undefined && { interpreter: textAt(u64(loader + 8)) }),
    ...(glibc && { glibc }),
    problems: [],
  };

  function readVersions(): string[] {
    const strings = u64(sections[file.readUInt32LE(versions! + 40)]! + 24);
    const found: string[] = [];
    for (let library = u64(versions! + 24), next = -1; next !== 0; library += next) {
      for (let at = library + file.readUInt32LE(library + 8), step = -1; step !== 0; at += step) {
        found.push(textAt(strings + file.readUInt32LE(at + 8)));
        step = file.readUInt32LE(at + 12);
      }
      next = file.readUInt32LE(library + 12);
    }
    return found;
  }
}

function byNumbers(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function readPe(file: Buffer): Format {
  const head = file.readUInt32LE(0x3c);
  if (file.toString("latin1", head, head + 4) !== "PE\0\0") throw new Error("no PE file");
  const isConsole = file.readUInt16LE(head + 24 + 68) === 3;
  return {
    format: "PE",
    cpu: PE_CPUS[file.readUInt16LE(head + 4)] ?? "another processor",
    problems: isConsole ? [] : ["it is no console program"],
  };
}

const BUILD_VERSION = 0x32;

function readMac(file: Buffer): Format {
  const { cpu } = readMachO(file);
  const problems = verify(file).map((problem) => `signature: ${problem}`);
  let at = 32;
  for (let left = file.readUInt32LE(16); left > 0; left--) {
    if (file.readUInt32LE(at) === BUILD_VERSION) break;
    at += file.readUInt32LE(at + 4);
  }
  const version = file.readUInt32LE(at + 12);
  return { format: "Mach-O", cpu, minimum: `${version >> 16}.${(version >> 8) & 0xff}`, problems };
}
