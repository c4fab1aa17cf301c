import { createHash } from "node:crypto";
import { expect, test } from "bun:test";
import { packageOf, checkIntegrity } from "../../build/runtimes.ts";
import { TARGETS, targetNamed } from "../../build/targets.ts";
import manifest from "../../package.json" with { type: "json" };
import { run } from "../support/bin.ts";
import { needs } from "../support/needs.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

test("targets: a name consists of the system, the processor and, for musl, the libc", () => {
  const systems = { linux: "linux", darwin: "darwin", win32: "windows" };
  for (const { name, os, cpu, libc } of TARGETS)
    expect(name).toBe(`${systems[os]}-${cpu}${libc === "musl" ? "-musl" : ""}`);
  expect(new Set(TARGETS.map(({ name }) => name)).size).toBe(8);
});

test("targets: every x64 runtime runs without AVX2", () => {
  const modern = TARGETS.filter(({ cpu, bun }) => cpu === "x64" && !bun.endsWith("-baseline"));
  expect(modern).toEqual([]);
});

needs("qemu-x86_64-static").test.skipIf(process.arch !== "x64")(
  "targets: the program runs on the first processors with SSE4.2",
  async () => {
    const command = ["qemu-x86_64-static", "-cpu", "Nehalem", ...programCommand("binary")];
    const { code, stdout } = await run(["--version"], { command, timeoutMs: 60_000 });
    expect({ code, stdout }).toEqual({ code: 0, stdout: `bentocloud ${manifest.version}\n` });
  },
  60_000,
);

test("targets: only programs for Windows have an extension, and only Linux targets a libc", () => {
  for (const { os, exe, libc } of TARGETS) {
    expect(exe).toBe(os === "win32" ? "bentocloud.exe" : "bentocloud");
    expect(libc !== undefined).toBe(os === "linux");
  }
});

test("targets: an unknown name is refused with a list of the targets", () => {
  expect(() => targetNamed("linux-riscv")).toThrow("unknown target linux-riscv; the targets are linux-x64, ");
});

test("runtimes: each target has its own package of the pinned Bun, with a hash", () => {
  const packages = TARGETS.map(packageOf);
  expect(new Set(packages.map(({ name }) => name)).size).toBe(TARGETS.length);
  for (const { name, version, integrity } of packages) {
    expect(name).toStartWith("@oven/bun-");
    expect(version).toBe(manifest.devDependencies.bun);
    expect(integrity).toMatch(/^sha512-[\w+/]{86}==$/);
  }
});

test("runtimes: a package with another hash is refused", () => {
  const archive = Buffer.from("a runtime");
  const integrity = `sha512-${createHash("sha512").update(archive).digest("base64")}`;
  expect(() => checkIntegrity("it", archive, integrity)).not.toThrow();
  expect(() => checkIntegrity("it", Buffer.from("a runtimE"), integrity)).toThrow(integrity);
});

test("runtimes: a package that is in the lock file too has the same hash there", async () => {
  const { packages } = await Bun.file("package-lock.json").json();
  const shared = TARGETS.map(packageOf).filter(({ name }) => packages[`node_modules/${name}`]);
  expect(shared).not.toBeEmpty();
  for (const { name, integrity } of shared)
    expect(packages[`node_modules/${name}`].integrity).toBe(integrity);
});
