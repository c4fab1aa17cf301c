/** One machine the binary is built for. */
export interface Target {
  name: string;
  /** What Bun calls it. */
  bun: Bun.Build.CompileTarget;
  /** As npm names them. */
  os: "linux" | "darwin" | "win32";
  cpu: "x64" | "arm64";
  libc?: "glibc" | "musl";
  exe: string;
}

export const TARGETS: readonly Target[] = [
  {
    name: "linux-x64",
    bun: "bun-linux-x64-baseline",
    os: "linux",
    cpu: "x64",
    libc: "glibc",
    exe: "bentocloud",
  },
  {
    name: "linux-arm64",
    bun: "bun-linux-arm64",
    os: "linux",
    cpu: "arm64",
    libc: "glibc",
    exe: "bentocloud",
  },
  {
    name: "linux-x64-musl",
    bun: "bun-linux-x64-baseline-musl",
    os: "linux",
    cpu: "x64",
    libc: "musl",
    exe: "bentocloud",
  },
  {
    name: "linux-arm64-musl",
    bun: "bun-linux-arm64-musl",
    os: "linux",
    cpu: "arm64",
    libc: "musl",
    exe: "bentocloud",
  },
  { name: "darwin-arm64", bun: "bun-darwin-arm64", os: "darwin", cpu: "arm64", exe: "bentocloud" },
  { name: "darwin-x64", bun: "bun-darwin-x64", os: "darwin", cpu: "x64", exe: "bentocloud" },
  {
    name: "windows-x64",
    bun: "bun-windows-x64-baseline",
    os: "win32",
    cpu: "x64",
    exe: "bentocloud.exe",
  },
  { name: "windows-arm64", bun: "bun-windows-arm64", os: "win32", cpu: "arm64", exe: "bentocloud.exe" },
];
