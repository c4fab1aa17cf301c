import { expect, test } from "bun:test";
import { homeOf, leftovers } from "../store/fixture.ts";
import { run } from "../support/bin.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

test("200 changes, all at once, all end well and lose nothing", async () => {
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
  await Promise.all(Array.from({ length: 200 }, work));
  expect(failures).toEqual([]);
  for (const name of names) expect(here.read()).toMatch(new RegExp(`name: "?new-${name}"?\\n`));
  expect(leftovers(here)).toEqual([]);
}, 600_000);
