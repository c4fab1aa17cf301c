import { loadFfi } from "./ffi.ts";

/** Exit codes on Windows have 32 bits. Bun keeps the lowest eight of them, of a child's and of its own: 256 becomes 0. */

const QUERY_LIMITED_INFORMATION = 0x1000;

function load() {
  const { dlopen, ptr } = loadFfi();
  const { symbols } = dlopen("kernel32.dll", {
    OpenProcess: { args: ["u32", "i32", "u32"], returns: "u64" },
    GetExitCodeProcess: { args: ["u64", "ptr"], returns: "i32" },
    CloseHandle: { args: ["u64"], returns: "i32" },
    ExitProcess: { args: ["u32"], returns: "void" },
  });
  return { ...symbols, ptr };
}

/**
 * To be called while the process runs; the function that it returns tells the exit code once it has ended. Undefined where
 * Bun cannot call Windows.
 */
export function watchExitCode(pid: number): (() => number | undefined) | undefined {
  try {
    const { OpenProcess, GetExitCodeProcess, CloseHandle, ptr } = load();
    const handle = OpenProcess(QUERY_LIMITED_INFORMATION, 0, pid);
    return () => {
      const code = new Uint32Array(1);
      const isKnown = GetExitCodeProcess(handle, ptr(code)) !== 0;
      CloseHandle(handle);
      return isKnown ? code[0] : undefined;
    };
  } catch {
    return undefined;
  }
}

/** Ends this process at once, or, where Bun cannot call Windows, leaves that to Bun. */
export function exitWith(code: number): void {
  try {
    load().ExitProcess(code);
  } catch {
    // The lowest eight bits have to do.
  }
}
