import { describe, expect, test } from "bun:test";
import { mapByOrigin } from "../../src/auth/status-all.ts";

interface Item {
  origin: string;
  number: number;
}

const itemsOf = (counts: Record<string, number>): Item[] =>
  Object.entries(counts).flatMap(([origin, count]) =>
    Array.from({ length: count }, (_, number) => ({ origin, number })),
  );

const originOf = ({ origin }: Item) => origin;

describe("mapByOrigin", () => {
  test("acts on each item once, and gives the results in the order of the items", async () => {
    const items = itemsOf({ a: 70, b: 3, c: 40 }).toReversed();
    const acted: Item[] = [];
    const results = await mapByOrigin(items, originOf, async (item) => {
      await Bun.sleep(item.number % 3);
      acted.push(item);
      return `${item.origin}${item.number}`;
    });
    expect(results).toEqual(items.map(({ origin, number }) => `${origin}${number}`));
    expect(acted).toHaveLength(items.length);
    expect(await mapByOrigin([], originOf, async () => 1)).toEqual([]);
  });

  test("limits how many run at once, for each origin and overall", async () => {
    const running = new Map<string, number>();
    const most = { one: 0, all: 0 };
    await mapByOrigin(itemsOf({ a: 90, b: 90, c: 90, d: 90, e: 90 }), originOf, async ({ origin }) => {
      running.set(origin, (running.get(origin) ?? 0) + 1);
      most.one = Math.max(most.one, ...running.values());
      most.all = Math.max(
        most.all,
        running.values().reduce((sum, count) => sum + count, 0),
      );
      await Bun.sleep(1);
      running.set(origin, running.get(origin)! - 1);
    });
    expect(most).toEqual({ one: 32, all: 96 });
  });

  test("an origin that never answers delays only its own items", async () => {
    const stuck = Promise.withResolvers<void>();
    const done: string[] = [];
    const acting = mapByOrigin(itemsOf({ dead: 100, alive: 100 }), originOf, async ({ origin }) => {
      if (origin === "dead") await stuck.promise;
      done.push(origin);
      if (done.length === 100) stuck.resolve();
    });
    await acting;
    expect(done.slice(0, 100)).toEqual(Array.from({ length: 100 }, () => "alive"));
  });
});
