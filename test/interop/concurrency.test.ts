import { describe, expect, test } from "bun:test";
import { contextsIn } from "../../scripts/soak/contexts.ts";
import { soak } from "../../scripts/soak/soak.ts";
import { home, run } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries({ files: ["bentoml/.yatai.yaml.broken-*"] });

const cloud = await cloudForAll({ verify: false });

/** Every run uses another seed. A failure prints it, and `npm run soak` accepts it. */
const seed = Math.floor(Math.random() * 1e6);

describe(`many processes at once, seed ${seed}`, () => {
  test("lose no acknowledged change, even when commands are killed and locks are abandoned", async () => {
    const figures = await soak({ seconds: 16, seed, writers: 4, readers: 1, python: 0, chaos: true });
    expect(figures.broken).toEqual([]);
    for (const what of ["locks planted", "commands killed before their change"])
      expect(figures.counted(what)).toBeGreaterThan(0);
  }, 60_000);

  test("report everything that Python bentoml removes, and can restore it", async () => {
    const figures = await soak({ seconds: 16, seed, writers: 4, readers: 2, python: 2, chaos: false });
    expect(figures.broken).toEqual([]);
    for (const what of ["steps of Python", "logins that must be there in the end"])
      expect(figures.counted(what)).toBeGreaterThan(0);
  }, 60_000);
});

test("50 simultaneous logins under different names create 50 contexts and leave no other file", async () => {
  const here = home();
  const logins = new Map(Array.from({ length: 50 }, (_, number) => [`n${number}`, cloud.issueToken()]));
  const results = await Promise.all(
    [...logins].map(([name, stdin]) => {
      const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", name];
      return run(args, { home: here, stdin, timeoutMs: 40_000 });
    }),
  );
  expect(results.filter(({ code }) => code !== 0).map(({ stderr }) => stderr)).toEqual([]);
  const found = contextsIn(here);
  expect([...found.keys()].toSorted()).toEqual([...logins.keys()].toSorted());
  expect([...logins].filter(([name, token]) => found.get(name) !== token).map(([name]) => name)).toEqual([]);
  expect(here.tree().filter((line) => /lock|tmp/.test(line))).toEqual([]);
}, 60_000);
