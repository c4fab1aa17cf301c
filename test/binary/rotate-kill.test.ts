import { afterAll, expect, test } from "bun:test";
import { expectRotated, homeToRotate, JOURNAL, rotate, tokenIn } from "../commands/rotation.ts";
import { startCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { forEachOf, tampered, needsTrace, writingCalls } from "./faults/strace.ts";

// The next write of the store removes what a killed one left. A trace shows what the command gets.
sweepCanaries({ files: [...JOURNAL.files, "**/*.tmp", "trace"] });

const cloud = await startCloud();
afterAll(() => cloud.stop());

let users = 0;
function newUser() {
  const email = `user-${(users += 1)}@example.test`;
  return { email, here: homeToRotate(cloud, { email }) };
}

needsTrace.describe("a rotation, at any system call that writes,", () => {
  test.each([
    { what: "killed", fault: "signal=SIGKILL", from: "", every: 1, ends: ["SIGKILL", 0] },
    {
      what: "with a command that gets the new token, killed",
      args: ["--deliver", "--", "sh", "-c", "cat >/dev/null"],
      fault: "signal=SIGKILL",
      from: "",
      every: 2,
      ends: ["SIGKILL", 0],
    },
    {
      what: "with a disk that is full from there on",
      fault: "error=ENOSPC",
      from: "+",
      every: 4,
      ends: [6, 0],
    },
  ])(
    "$what: the context can sign in, and the next rotation leaves exactly one token and no journal",
    async ({ args = [], fault, from, every, ends }) => {
      const calls = await writingCalls(["api-token", "rotate", ...args], { here: newUser().here });
      expect(calls.length).toBeGreaterThan(40);
      const found = new Set<string | number | null>();
      const chosen = calls.filter((_, index) => index % every === 0);
      await forEachOf(chosen, async ({ name, number }) => {
        const { email, here } = newUser();
        const command = tampered(`${name}:${fault}:when=${number}${from}`);
        const { code, signal } = await rotate(here, [...args], { command });
        found.add(signal ?? code);
        const tokens = cloud.tokens.filter(({ user }) => user.email === email);
        expect(tokens.map(({ value }) => value)).toContain(tokenIn(here));
        expect(tokens.length).toBeLessThanOrEqual(2);
        expect(await rotate(here)).toMatchObject({ code: 0 });
        expectRotated(cloud, here, email);
      });
      expect([...found].filter((end) => !ends.includes(end as never))).toEqual([]);
      expect(found).toContain(ends[0]!);
    },
    120_000,
  );
});
