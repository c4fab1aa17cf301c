import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { TARGETS, type Target } from "../../build/targets.ts";
import { startCloud } from "../../test/support/cloud.ts";

/** How a target's program is started here, or why it is not. */
export type Way = { words: string[]; note: string } | { note: string };

export function wayFor(target: Target): Way {
  if (target === ownTarget()) return { words: [], note: "here" };
  if (target.os === "darwin") return { note: "not run: needs macOS" };
  if (target.os === "win32") return { note: "not run: needs Windows" };
  // Debian's musl is older than the relocations (DT_RELR) in the libstdc++ that is built for it.
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

/** Debian's emulator and, unpacked beside the checkout's other caches, Debian's libc for that processor. */
function emulate(): Way {
  const qemu = Bun.which("qemu-aarch64-static");
  if (!qemu) return { note: "not run: needs qemu-user-static" };
  if (!existsSync(join(SYSROOT, "lib")) && !fetchLibrary())
    return { note: "not run: needs libc6:arm64 (dpkg --add-architecture arm64)" };
  return { words: [qemu, "-L", SYSROOT], note: "in qemu" };
}

function fetchLibrary(): boolean {
  mkdirSync(SYSROOT, { recursive: true });
  const folder = mkdtempSync(join(SYSROOT, "fetch-"));
  const run = (command: string, ...words: string[]) =>
    spawnSync(command, words, { cwd: folder, stdio: "ignore" }).status === 0;
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

/** What a person does first, against a local server. Resolves to what went wrong. */
export async function smoke(command: string[]): Promise<string[]> {
  const home = mkdtempSync(join(tmpdir(), "bentocloud-verify-"));
  const cloud = await startCloud();
  const token = cloud.issueToken({ email: "ada@example.test" });
  const problems: string[] = [];
  const step = async (words: string[], shows: string, stdin = "") => {
    const child = Bun.spawn([...command, ...words], {
      cwd: home,
      env: { HOME: home, PATH: process.env["PATH"] ?? "" },
      stdin: Buffer.from(stdin),
      stdout: "pipe",
      stderr: "pipe",
    });
    const output = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
    const code = await child.exited;
    if (code !== 0 || !output.includes(shows))
      problems.push(`${words[0]} ended with ${code}: ${output.replaceAll(token, "****").trim()}`);
  };
  try {
    await step(["--version"], `bentocloud ${manifest.version}`);
    await step(["login", "--endpoint", cloud.url, "--with-token"], "ada@example.test", token);
    await step(["token"], token);
    await step(["status"], "valid");
    // These come from the parts that stay text.
    await step(["api", "/api/v1/auth/current", "--jq", ".email"], "ada@example.test");
    await step(["explain"], "current_context_name");
  } finally {
    await cloud.stop();
    rmSync(home, { recursive: true, force: true });
  }
  return problems;
}
