import { isElf, readSections, type Section } from "../../build/elf.ts";
import { readMachO, signatureProblems } from "../../build/macos.ts";
import type { Target } from "../../build/targets.ts";

/** The facts in the headers of a program. */
export interface Format {
  format: "ELF" | "Mach-O" | "PE";
  cpu: string;
  /** The dynamic loader, on Linux. */
  interpreter?: string;
  /** The oldest glibc that it runs with: the newest version from which it imports symbols. */
  glibc?: string;
  /** The oldest macOS that it runs on. */
  minimum?: string;
  /** On macOS, why the system would refuse to start it with its present signature. */
  signature?: string[];
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

/** @throws Error when it is not a program. */
export function readFormat(file: Buffer, target: Target): Format {
  const found = isElf(file) ? readElf(file) : file.readUInt16BE(0) === 0x4d5a ? readPe(file) : readMac(file);
  const { format, cpu, interpreter } = found;
  if (format !== FORMATS[target.os]) found.problems.push(`it is ${format}`);
  if (cpu !== target.cpu) found.problems.push(`it is for ${cpu}`);
  if (interpreter !== INTERPRETERS[target.name]) found.problems.push(`its loader is ${interpreter}`);
  return found;
}

/** Numbers of the ELF format: `PT_INTERP` and `SHT_GNU_verneed`. */
const LOADER = 3;
const NEEDED_VERSIONS = 0x6ffffffe;

function readElf(file: Buffer): Format {
  const u64 = (at: number) => Number(file.readBigUInt64LE(at));
  const textAt = (at: number) => file.toString("latin1", at, file.indexOf(0, at));
  const programs = Array.from(
    { length: file.readUInt16LE(56) },
    (_, index) => u64(32) + index * file.readUInt16LE(54),
  );
  const sections = readSections(file);
  const loader = programs.find((at) => file.readUInt32LE(at) === LOADER);
  const versions = sections.find(({ type }) => type === NEEDED_VERSIONS);
  const names = versions === undefined ? [] : readVersions(versions);
  const glibc = names
    .flatMap((name) => /^GLIBC_([\d.]+)$/.exec(name)?.[1] ?? [])
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }))
    .at(-1);
  return {
    format: "ELF",
    cpu: ELF_CPUS[file.readUInt16LE(18)] ?? "another processor",
    ...(loader !== undefined && { interpreter: textAt(u64(loader + 8)) }),
    ...(glibc && { glibc }),
    problems: [],
  };

  /** Two nested linked lists: libraries, and the versions that are needed of each. */
  function readVersions(section: Section): string[] {
    const strings = sections[section.link]!.offset;
    const found: string[] = [];
    for (let library = section.offset, next = -1; next !== 0; library += next) {
      for (let at = library + file.readUInt32LE(library + 8), step = -1; step !== 0; at += step) {
        found.push(textAt(strings + file.readUInt32LE(at + 8)));
        step = file.readUInt32LE(at + 12);
      }
      next = file.readUInt32LE(library + 12);
    }
    return found;
  }
}

function readPe(file: Buffer): Format {
  const head = file.readUInt32LE(0x3c);
  if (file.toString("latin1", head, head + 4) !== "PE\0\0") throw new Error("not a PE file");
  const isConsole = file.readUInt16LE(head + 24 + 68) === 3;
  return {
    format: "PE",
    cpu: PE_CPUS[file.readUInt16LE(head + 4)] ?? "another processor",
    problems: isConsole ? [] : ["it is not a console program"],
  };
}

function readMac(file: Buffer): Format {
  const { cpu, minimum } = readMachO(file);
  return { format: "Mach-O", cpu, minimum, signature: signatureProblems(file), problems: [] };
}
