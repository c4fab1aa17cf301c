import { expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeOf, tokensIn } from "../store/fixture.ts";
import { run } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { forEachOf, needsTrace, tampered, writingCalls } from "./faults/strace.ts";

sweepCanaries({ files: ["bentoml/.yatai.yaml.*"] });

const PURGE = ["logout", "a", "--purge"];

/** Two contexts, with versions and a file that was put aside. */
async function homeWithCopies(): Promise<{ here: Home; gone: string; stays: string }> {
  const here = homeOf("a", "b");
  const [gone = "", stays = ""] = tokensIn(here);
  await run(["context", "rename", "b", "c"], { home: here });
  writeFileSync(`${here.file}.broken-2026-01-01T00-00-00.000Z`, `contexts: [\n${gone}\n`, { mode: 0o600 });
  return { here, gone, stays };
}

/** Everything below `bentoml` as one text, with quotes as YAML doubles them taken back. */
function textBelow(here: Home): string {
  const paths = readdirSync(here.bentoml, { recursive: true }).map((name) =>
    join(here.bentoml, String(name)),
  );
  const files = paths.filter((path) => statSync(path).isFile());
  return files.map((path) => readFileSync(path, "utf8")).join("\n");
}

function holds(here: Home, secret: string): boolean {
  return [secret, secret.replaceAll("'", "''"), JSON.stringify(secret).slice(1, -1)].some((spelling) =>
    textBelow(here).includes(spelling),
  );
}

needsTrace.describe("logout --purge, at any system call that writes,", () => {
  test.each([
    ["killed", "signal=SIGKILL", "", ["SIGKILL", 0]],
    ["with a disk that is full from there on", "error=ENOSPC", "+", [6, 0]],
  ] as const)(
    "%s: nothing else is lost, and the next one ends it",
    async (_, fault, from, ends) => {
      const calls = await writingCalls(PURGE, { here: (await homeWithCopies()).here });
      expect(calls.length).toBeGreaterThan(20);
      const chosen = calls.filter((_, index) => index % 3 === 0);
      await forEachOf(chosen, async ({ name, number }) => {
        const { here, gone, stays } = await homeWithCopies();
        const first = await run(PURGE, {
          home: here,
          command: tampered(`${name}:${fault}:when=${number}${from}`),
        });
        expect([...ends] as unknown[]).toContain(first.signal ?? first.code);
        expect(tokensIn(here).at(-1) === stays).toBe(true);
        expect([0, 3] as unknown[]).toContain((await run(PURGE, { home: here })).code);
        expect({ isGone: !holds(here, gone), stays: tokensIn(here).length }).toEqual({
          isGone: true,
          stays: 1,
        });
      });
    },
    120_000,
  );
});
