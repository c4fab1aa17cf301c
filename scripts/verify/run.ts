import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { TARGETS, type Target } from "../../build/targets.ts";
import { startCloud } from "../../test/support/cloud.ts";

/** The command that runs a program of a target on this machine, if there is one. The table shows the note. */
export type Way = { command: string[]; note: string } | { note: string };

export function wayToRun(target: Target): Way {
  if (target === ownTarget()) return { command: [], note: "here" };
  if (target.os === "darwin") return { note: "not run: needs macOS" };
  if (target.os === "win32") return { note: "not run: needs Windows" };
  // Debian's musl is too old for the relocations (DT_RELR) of a libstdc++ that is built for musl.
  if (target.libc === "musl") return { note: "not run: needs Alpine with libstdc++" };
  if (target.cpu !== "arm64") return { note: `not run: needs ${target.name}` };
  return emulate();
}

function ownTarget(): Target | undefined {
  const libc = existsSync("/etc/alpine-release") ? "musl" : "glibc";
  return TARGETS.find(
    ({ os, cpu, libc: needed = libc }) => os === process.platform && cpu === process.arch && needed === libc,
  );
}

const SYSROOT = join(import.meta.dir, "../../.cache/sysroots/arm64");

/** Needs Debian's emulator, and Debian's libc for arm64, which is unpacked into the cache. */
function emulate(): Way {
  const qemu = Bun.which("qemu-aarch64-static");
  if (!qemu) return { note: "not run: needs qemu-user-static" };
  if (!existsSync(join(SYSROOT, "lib")) && !fetchLibrary())
    return { note: "not run: needs libc6:arm64 (dpkg --add-architecture arm64)" };
  return { command: [qemu, "-L", SYSROOT], note: "in qemu" };
}

function fetchLibrary(): boolean {
  mkdirSync(SYSROOT, { recursive: true });
  const folder = mkdtempSync(join(SYSROOT, "fetch-"));
  const run = (command: string, ...args: string[]) =>
    spawnSync(command, args, { cwd: folder, stdio: "ignore" }).status === 0;
  try {
    if (!run("apt-get", "download", "libc6:arm64")) return false;
    return run(
      "dpkg-deb",
      "-x",
      readdirSync(folder).find((name) => name.endsWith(".deb"))!,
      "..",
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the commands of a first session against a local server. Resolves to one sentence for each failure. */
export async function smoke(command: string[]): Promise<string[]> {
  const home = mkdtempSync(join(tmpdir(), "bentocloud-verify-"));
  const cloud = await startCloud();
  const token = cloud.issueToken({ email: "ada@example.test" });
  const problems: string[] = [];
  const step = async (args: string[], shows: string, stdin = "") => {
    const child = Bun.spawn([...command, ...args], {
      cwd: home,
      env: { HOME: home, PATH: process.env["PATH"] ?? "" },
      stdin: Buffer.from(stdin),
      stdout: "pipe",
      stderr: "pipe",
    });
    const output = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
    const code = await child.exited;
    if (code !== 0 || !output.includes(shows))
      problems.push(`${args[0]} ended with ${code}: ${output.replaceAll(token, "****").trim()}`);
  };
  try {
    await step(["--version"], `bentocloud ${manifest.version}`);
    await step(["login", "--endpoint", cloud.url, "--with-token"], "ada@example.test", token);
    await step(["token"], token);
    await step(["status"], "valid");
    // The code of these two is in the program as text, not as bytecode.
    await step(["api", "/api/v1/auth/current", "--jq", ".email"], "ada@example.test");
    await step(["explain"], "current_context_name");
  } finally {
    await cloud.stop();
    rmSync(home, { recursive: true, force: true });
  }
  return problems;
}
