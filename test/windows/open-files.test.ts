import { describe, expect, test } from "bun:test";
import { homeOf, leftovers, ownOf } from "../store/fixture.ts";
import { type Home, run, start } from "../support/bin.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { holdFile } from "./hold-file.ts";

sweepCanaries();

/** Resolves when a writer has its new version complete or nearly so, and only the rename is left. */
async function untilWriterWaits(here: Home): Promise<void> {
  while (!here.tree().some((line) => /\.yatai\.yaml\..*\.tmp /.test(line))) await Bun.sleep(5);
}

describe("a contexts file that another program has open", () => {
  test("is replaced as soon as it is closed", async () => {
    const here = homeOf("a", "b");
    const close = await holdFile(here.file);
    const running = start(["use", "b"], { home: here });
    await untilWriterWaits(here);
    await Bun.sleep(1000);
    expect(here.read()).toContain('current_context_name: "a"');
    close();
    expect(await running.result).toMatchObject({ code: 0 });
    expect(here.read()).toContain("current_context_name: b");
    expect(leftovers(here)).toEqual([]);
  });

  test("and that stays open is an error that leaves everything as it was", async () => {
    const here = homeOf("a", "b");
    const text = here.read();
    const close = await holdFile(here.file);
    const { code, stderr } = await run(["use", "b"], { home: here });
    close();
    expect({ code, text: here.read() }).toEqual({ code: 6, text });
    expect(stderr).toContain(`cannot write ${here.file}: `);
    expect(leftovers(here)).toEqual([]);
  });

  test("can be read", async () => {
    const here = homeOf("a");
    const close = await holdFile(here.file);
    expect(await run(["context", "current"], { home: here })).toMatchObject({ code: 0, stdout: "a\n" });
    close();
  });
});

test("200 changes, 6 at a time, all end well and lose nothing", async () => {
  const names = Array.from({ length: 200 }, (_, number) => `c${number}`);
  const here = homeOf(...names);
  const left = [...names];
  const failures: string[] = [];
  const work = async () => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) {
      const { code, stderr } = await run(["context", "rename", name, `new-${name}`], {
        home: here,
        timeoutMs: 60_000,
      });
      if (code !== 0) failures.push(`${name}: ${code} ${stderr}`);
    }
  };
  await Promise.all(Array.from({ length: 6 }, work));
  expect(failures).toEqual([]);
  for (const name of names) expect(here.read()).toMatch(new RegExp(`name: "?new-${name}"?\\n`));
  expect(leftovers(here)).toEqual([]);
  expect(here.tree().filter((line) => line.startsWith(ownOf(here)))).toEqual([]);
}, 600_000);
