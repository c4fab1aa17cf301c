import { loadFfi } from "./ffi.ts";
import { isBun } from "./machine.ts";

/** As `<sys/resource.h>` of Linux and of macOS has it. */
const RLIMIT_CORE = 4;

/** Linux alone has it. */
const PRCTL = { prctl: { args: ["i32", "u64", "u64", "u64", "u64"], returns: "i32" } } as const;

/** The C library, which only Bun can call: half a millisecond when first used. Undefined on other runtimes. */
function loadLibc() {
  if (!isBun()) return undefined;
  const ffi = loadFfi();
  const { symbols } = ffi.dlopen(process.platform === "darwin" ? "libSystem.B.dylib" : "libc.so.6", {
    getenv: { args: ["ptr"], returns: "ptr" },
    unsetenv: { args: ["ptr"], returns: "i32" },
    getrlimit: { args: ["i32", "ptr"], returns: "i32" },
    setrlimit: { args: ["i32", "ptr"], returns: "i32" },
    ...((process.platform === "linux" ? PRCTL : {}) as typeof PRCTL),
  });
  return { ...ffi, ...symbols };
}

/** Sets the soft limit for the size of a core dump. Resolves to the one before, or undefined if it could not be set. */
export async function setCoreLimit(bytes: bigint): Promise<bigint | undefined> {
  const libc = loadLibc();
  if (!libc) return undefined;
  const limits = new BigUint64Array(2);
  if (libc.getrlimit(RLIMIT_CORE, libc.ptr(limits)) !== 0) return undefined;
  const before = limits[0];
  limits[0] = bytes;
  return libc.setrlimit(RLIMIT_CORE, libc.ptr(limits)) === 0 ? before : undefined;
}

/** Clears a variable where a process got its environment: the system shows that memory to others of this user. */
export async function overwriteVariable(name: string, value: string): Promise<void> {
  const libc = loadLibc();
  const bytes = new TextEncoder();
  const address = libc?.getenv(libc.ptr(bytes.encode(`${name}\0`)));
  if (libc && address) new Uint8Array(libc.toArrayBuffer(address, 0, bytes.encode(value).length)).fill(0);
}

/** Unsets a variable for what reads it from the C library alone: programs that are started still get it. */
export function unsetInLibrary(name: string): void {
  try {
    const libc = loadLibc();
    libc?.unsetenv(libc.ptr(new TextEncoder().encode(`${name}\0`)));
  } catch {
    // A system whose C library is called otherwise.
  }
}

const PR_SET_DUMPABLE = 4;

/**
 * On Linux no other process of this user can read our memory and environment from here on, and there is no core dump.
 * Programs that are started are not affected.
 */
export async function hideMemory(): Promise<void> {
  if (process.platform !== "linux") return;
  try {
    const libc = loadLibc();
    libc?.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  } catch {
    // A system whose C library is called otherwise.
  }
}
