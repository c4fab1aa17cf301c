/** What the program is built for. The names are those of the archives and packages. */
export interface Target {
  readonly name: string;
  /** Bun's name of the runtime. Baseline ones need no AVX2, which gains nothing here and which old machines lack. */
  readonly bun: `bun-${string}`;
  /** As npm names it, like `cpu` and `libc`. */
  readonly os: "linux" | "darwin" | "win32";
  readonly cpu: "x64" | "arm64";
  /** On Linux only. */
  readonly libc?: "glibc" | "musl";
  /** The file's name. */
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

/** Throws for a name that is none. */
export function targetNamed(name: string): Target {
  const target = TARGETS.find((one) => one.name === name);
  if (target) return target;
  throw new Error(`no target ${name}; there are ${TARGETS.map((one) => one.name).join(", ")}`);
}
