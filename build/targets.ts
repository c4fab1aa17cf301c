/** A system that the program is built for. Archives and packages have its name. */
export interface Target {
  readonly name: string;
  /** Bun's name of the runtime. Baseline runtimes need no AVX2: it gains nothing here, and old machines lack it. */
  readonly bun: `bun-${string}`;
  /** `os`, `cpu` and `libc` have npm's names. */
  readonly os: "linux" | "darwin" | "win32";
  readonly cpu: "x64" | "arm64";
  /** Only on Linux. */
  readonly libc?: "glibc" | "musl";
  /** The file name of the program. */
  readonly exe: string;
}

const PROGRAM = "bentocloud";

export const TARGETS: readonly Target[] = [
  { name: "linux-x64", bun: "bun-linux-x64-baseline", os: "linux", cpu: "x64", libc: "glibc", exe: PROGRAM },
  { name: "linux-arm64", bun: "bun-linux-arm64", os: "linux", cpu: "arm64", libc: "glibc", exe: PROGRAM },
  {
    name: "linux-x64-musl",
    bun: "bun-linux-x64-musl-baseline",
    os: "linux",
    cpu: "x64",
    libc: "musl",
    exe: PROGRAM,
  },
  {
    name: "linux-arm64-musl",
    bun: "bun-linux-arm64-musl",
    os: "linux",
    cpu: "arm64",
    libc: "musl",
    exe: PROGRAM,
  },
  { name: "darwin-arm64", bun: "bun-darwin-arm64", os: "darwin", cpu: "arm64", exe: PROGRAM },
  { name: "darwin-x64", bun: "bun-darwin-x64-baseline", os: "darwin", cpu: "x64", exe: PROGRAM },
  { name: "windows-x64", bun: "bun-windows-x64-baseline", os: "win32", cpu: "x64", exe: `${PROGRAM}.exe` },
  { name: "windows-arm64", bun: "bun-windows-arm64", os: "win32", cpu: "arm64", exe: `${PROGRAM}.exe` },
];

/** @throws Error for an unknown name. */
export function targetNamed(name: string): Target {
  const target = TARGETS.find((one) => one.name === name);
  if (target) return target;
  throw new Error(`unknown target ${name}; the targets are ${TARGETS.map((one) => one.name).join(", ")}`);
}
