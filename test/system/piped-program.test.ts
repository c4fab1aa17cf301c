import { describe, expect, test } from "bun:test";
import { pipeProgram } from "../../src/system/piped-program.ts";

interface Setup {
  input?: Iterable<string>;
  cwd?: string;
  signal?: AbortSignal;
}

async function runPiped(command: string[], { cwd = "/", signal, input }: Setup = {}) {
  const [path = "", ...args] = command;
  const env = { PATH: process.env["PATH"] ?? "" };
  const options = { cwd, env, signal: signal ?? new AbortController().signal, ...(input && { input }) };
  const { stdout, ended } = pipeProgram(path, args, options);
  let bytes = 0;
  for await (const chunk of stdout) bytes += chunk.length;
  const { code, stderr } = await ended;
  return { code, bytes, stderr };
}

function* endless(): Generator<string> {
  for (;;) yield "x".repeat(100_000);
}

const sh = (script: string) => ["/bin/sh", "-c", script];

describe.skipIf(process.platform === "win32")("a program with pipes", () => {
  test.each<[string, string[], Setup, Partial<Awaited<ReturnType<typeof runPiped>>>]>([
    ["gets all of its input", sh("cat"), { input: ["a", "b".repeat(1e6)] }, { code: 0, bytes: 1_000_001 }],
    ["gets an end of its input", sh("cat"), {}, { code: 0, bytes: 0 }],
    ["may end before its input does", sh("exit 7"), { input: endless() }, { code: 7, bytes: 0 }],
    ["says why it fails", sh("echo no >&2; exit 3"), {}, { code: 3, stderr: "no\n" }],
    ["may be missing", ["/missing"], { input: ["a"] }, { code: null, bytes: 0, stderr: "" }],
    ["may have no directory to run in", sh("cat"), { cwd: "/missing" }, { code: null, bytes: 0 }],
    ["is not started too late", sh("cat"), { signal: AbortSignal.abort() }, { code: null }],
    ["may be killed", sh("kill -9 $$"), {}, { code: null }],
  ])("%s", async (_, command, setup, expected) => {
    expect(await runPiped(command, setup)).toMatchObject(expected);
  });

  test("ends with the signal that cancels it", async () => {
    const cancel = new AbortController();
    const running = runPiped(sh("exec sleep 1000"), { signal: cancel.signal });
    cancel.abort();
    expect(await running).toMatchObject({ code: null });
  });

  test("fails with its input", async () => {
    const input = (function* () {
      yield "a";
      throw new Error("no more");
    })();
    await expect(runPiped(sh("cat"), { input })).rejects.toThrow("no more");
  });
});
