// oxlint-disable-next-line no-restricted-imports -- types alone, which are gone at run time
import type * as ffi from "bun:ffi";

/** Calls functions of the system's libraries. Only Bun has it; whoever uses it asks for Bun first. */
export function loadFfi(): typeof ffi {
  return process.getBuiltinModule("bun:ffi") as unknown as typeof ffi;
}
