const GENERIC_READ = 0x8000_0000;
const OPEN_EXISTING = 3;
const SHARE_READ = 1;

/**
 * Opens a file as programs do that do not expect another one to replace it, Python's `open` among them: others may read
 * it, and not rename over it. Returns how it is closed.
 */
export async function holdFile(path: string): Promise<() => void> {
  const { dlopen, ptr } = await import("bun:ffi");
  const { symbols } = dlopen("kernel32.dll", {
    CreateFileW: { args: ["ptr", "u32", "u32", "ptr", "u32", "u32", "u64"], returns: "u64" },
    CloseHandle: { args: ["u64"], returns: "i32" },
  });
  const name = Buffer.from(`${path}\0`, "utf16le");
  const handle = symbols.CreateFileW(ptr(name), GENERIC_READ, SHARE_READ, null, OPEN_EXISTING, 0, 0n);
  return () => void symbols.CloseHandle(handle);
}
