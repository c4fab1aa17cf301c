import { describe, expect, test } from "bun:test";
import { homeOf } from "../store/fixture.ts";
import { run, start } from "../support/bin.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const signedIn = () => homeOf("mine");

/** Numbers of the signals that a process ignores, of those that programs change. */
function ignoredSignals(status: string): number[] {
  const mask = BigInt(`0x${/^SigIgn:\s*([0-9a-f]+)$/m.exec(status)![1]}`);
  return [1, 2, 3, 13, 15, 25].filter((signal) => (mask >> BigInt(signal - 1)) & 1n);
}

describe("exec, compiled", () => {
  test("replaces its own process with the program", async () => {
    const running = start(["exec", "--", "sh", "-c", "echo $$; exec sleep 60"], { home: signedIn() });
    await running.waitFor("\n");
    expect(running.stdout).toBe(`${running.pid}\n`);
    running.kill("SIGKILL");
    expect(await running.result).toMatchObject({ code: null, signal: "SIGKILL" });
  });

  test("ends with the signal that ends the program", async () => {
    const result = await run(["exec", "--", "sh", "-c", "kill -TERM $$"], { home: signedIn() });
    expect(result).toMatchObject({ code: null, signal: "SIGTERM" });
  });

  test("exits with every exit code of the program", async () => {
    const loop =
      'code=0; while [ $code -le 255 ]; do "$@" exec -- sh -c "exit $code"; echo $?; code=$((code+1)); done';
    const command = ["sh", "-c", loop, "sh", ...programCommand()];
    const { stdout } = await run([], { home: signedIn(), command, timeoutMs: 60_000 });
    expect(stdout.trim().split("\n").map(Number)).toEqual(Array.from({ length: 256 }, (_, code) => code));
  }, 70_000);

  test.skipIf(process.platform !== "linux")(
    "the program ignores the signals that the caller ignores, but not those that only Bun ignores",
    async () => {
      const args = ["exec", "--", "cat", "/proc/self/status"];
      const plain = await run(args, { home: signedIn() });
      expect(ignoredSignals(plain.stdout)).toEqual([]);
      const command = ["sh", "-c", `trap '' HUP INT QUIT; exec "$@"`, "sh", ...programCommand()];
      const ignoring = await run(args, { home: signedIn(), command });
      expect(ignoredSignals(ignoring.stdout)).toEqual([1, 2, 3]);
    },
  );

  test.each(["", 'exec 9</dev/null; set -- "$@" /dev/fd/9;'])(
    "ends without a message when the reader of its output ends: %j",
    async (before) => {
      const script = `${before} "$@" | head -n 1; echo "codes \${PIPESTATUS[*]}"`;
      const command = ["bash", "-c", script, "bash", ...programCommand()];
      const result = await run(["exec", "--", "sh", "-c", "exec yes"], { home: signedIn(), command });
      expect(result).toMatchObject({ stdout: "y\ncodes 141 0\n", stderr: "" });
    },
  );
});
