import { describe, expect, test } from "bun:test";
import { mkdirSync, rmdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { removeContexts, renameContext, switchContext } from "../../src/store/manage.ts";
import { bringBack, findRestorable, listRestorable } from "../../src/store/restore.ts";
import type { Store } from "../../src/store/store.ts";
import { listVersions } from "../../src/store/versions.ts";
import { Token } from "../../src/contexts/token.ts";
import { home, type Home } from "../support/home.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { keptIn, leftovers, openStore, ownOf, writeBelow, writeContexts } from "./fixture.ts";

sweepCanaries();

/** Names with their tokens, which are the logins: no two of them are the same. */
type Logins = Map<string, string>;

const NAMES = ["a", "b", "c", "d"];
const ENDPOINT = "https://cloud.test";
const MOST_VERSIONS = 20;
const ALERT = /^another program (.*); `bentocloud restore ([0-9a-f]{4})` brings (?:it|them) back$/;

interface Loss {
  lost: Logins;
  /** What another program put in the place of some. */
  replacedBy: Logins;
  /** From before it. */
  versions: Logins[];
}

/** What is known from outside of one home, on which our commands and another program work in turns. */
class World {
  readonly here: Home = home();
  current = "none";
  /** What the versions must hold, oldest first. */
  versions: Logins[] = [];
  readonly losses: (Loss & { id: string })[] = [];

  get logins(): Logins {
    return loginsIn(this.here.read());
  }

  constructor() {
    this.write(new Map(NAMES.slice(0, 3).map((name) => [name, canary()])));
  }

  /** As another program does. */
  write(logins: Logins): void {
    writeContexts(
      this.here,
      [...logins].map(([name, token]) => ({ name, token, endpoint: ENDPOINT })),
      this.current,
    );
  }

  /** What must be said now: names that are missing from the newest version, and those that are an older login again. */
  expected(): Loss {
    const [older, newest] = [this.versions.slice(0, -1), this.versions.at(-1) ?? new Map<string, string>()];
    const now = this.logins;
    const lost = [...newest].filter(([name, token]) => {
      const other = now.get(name);
      if (other === undefined) return true;
      return other !== token && older.some((version) => version.get(name) === other);
    });
    return {
      versions: this.versions,
      lost: new Map(lost),
      replacedBy: new Map([...now].filter(([name]) => lost.some(([one]) => one === name))),
    };
  }

  /** One command of ours; `writes` unless it only reads. What it says is compared with what it must say. */
  async command(act: (store: Store) => Promise<unknown>, { writes }: { writes: boolean }): Promise<void> {
    const expected = this.expected();
    const found = this.logins;
    const { store, alerts } = openStore(this.here);
    await act(store);
    const names = [...expected.lost.keys()];
    const said = alerts.map((alert) => ALERT.exec(alert) ?? [alert]);
    expect(said.map(([, what = ""]) => namesIn(what).toSorted())).toEqual(
      names.length > 0 ? [names.toSorted()] : [],
    );
    for (const [, , id = ""] of said) this.losses.push({ id, ...expected });
    if (writes || names.length > 0) this.keep(found);
    if (writes) this.keep(this.logins);
    expect(keptIn(this.here).map(({ text }) => listed(loginsIn(text)))).toEqual(this.versions.map(listed));
    expect(leftovers(this.here)).toEqual([]);
  }

  private keep(logins: Logins): void {
    const newest = this.versions.at(-1);
    if (!newest || String(listed(newest)) !== String(listed(logins))) this.versions.push(logins);
    this.versions = this.versions.slice(-MOST_VERSIONS);
  }

  /** Gives back what was lost, and replaces no login but an older one. */
  async restoreLoss({ id, lost, replacedBy, versions }: World["losses"][number]): Promise<void> {
    const before = this.logins;
    await this.command((store) => bringBack(store, findRestorable(store, id)), { writes: true });
    const after = this.logins;
    for (const name of new Set([...before.keys(), ...after.keys(), ...lost.keys()])) {
      const [was, is, wanted] = [before, after, lost].map((logins) => logins.get(name));
      const first = (token?: string) => versions.findIndex((version) => version.get(name) === token);
      const isOlder = first(was) !== -1 && first(was) < first(wanted);
      const isWanted = was === undefined || was === replacedBy.get(name) || isOlder;
      expect({ name, is }).toEqual({ name, is: wanted !== undefined && isWanted ? wanted : was });
    }
  }
}

const listed = (logins: Logins) => [...logins].map(([name, token]) => `${name} ${token}`);
const ENTRY = /api_token: (.*)\n {2}email: null\n {2}endpoint: .*\n {2}name: "?(\w+)/g;
const loginsIn = (text: string): Logins =>
  new Map([...text.matchAll(ENTRY)].map(([, token, name]) => [name!, token!]));
const namesIn = (what: string) =>
  [...what.matchAll(/: ([\w, ]+?)(?=, and put|$)/g)].flatMap(([, names]) => names!.split(", "));

interface Step {
  kind: string;
  at: number;
  to: number;
}

const pick = <T>(items: readonly T[], at: number): T | undefined => items[at % items.length];

/** What another program does to the file. */
const OTHERS: Record<string, (world: World, step: Step) => void> = {
  drop: (world, { at }) => {
    const name = pick([...world.logins.keys()], at);
    world.write(new Map([...world.logins].filter(([one]) => one !== name)));
  },
  edit: (world, { at }) => {
    const name = pick([...world.logins.keys()], at);
    if (name !== undefined) world.write(new Map([...world.logins, [name, canary()]]));
  },
  add: (world, { at }) => {
    const name = pick(NAMES, at)!;
    if (!world.logins.has(name)) world.write(new Map([...world.logins, [name, canary()]]));
  },
  putBack: (world, { at, to }) => {
    const older = pick([...(pick(world.versions, at) ?? [])], to);
    if (older) world.write(new Map([...world.logins, older]));
  },
  wipe: (world) => world.write(new Map()),
};

/** What our commands do. */
const OURS: Record<string, (world: World, step: Step) => Promise<void>> = {
  read: (world) => world.command((store) => store.read(), { writes: false }),
  login: (world, { at }) => {
    const token = new Token(canary());
    const name = pick(NAMES, at)!;
    const put = { kind: "put", name, endpoint: ENDPOINT, token, email: null } as const;
    return world.command((store) => store.update(() => ({ changes: [put] })), { writes: true });
  },
  logout: (world, { at }) => onStored(world, at, (store, name) => removeContexts(store, [name])),
  use: async (world, { at }) => {
    await onStored(world, at, switchContext);
    world.current = /current_context_name: "?(\w+)/.exec(world.here.read())![1]!;
  },
  rename: async (world, { at, to }) => {
    const free = NAMES.filter((name) => !world.logins.has(name));
    if (free.length > 0)
      await onStored(world, at, (store, name) => renameContext(store, name, pick(free, to)!));
  },
  restoreLoss: async (world, { at }) => {
    const loss = pick(world.losses, at);
    if (loss) await world.restoreLoss(loss);
  },
  restoreVersion: async (world, { at }) => {
    await world.command((store) => store.read(), { writes: false });
    const { store } = openStore(world.here);
    const version = pick(
      (await listRestorable(store)).filter(({ kind }) => kind === "version"),
      at,
    );
    if (!version) return;
    const { text } = keptIn(world.here).find(({ id }) => id === version.id)!;
    expect(listed(loginsIn(text))).not.toEqual(listed(world.logins));
    await world.command((store) => bringBack(store, findRestorable(store, version.id)), { writes: true });
    expect(listed(world.logins)).toEqual(listed(loginsIn(text)));
  },
};

async function onStored(
  world: World,
  at: number,
  act: (store: Store, name: string) => Promise<unknown>,
): Promise<void> {
  const name = pick([...world.logins.keys()], at);
  if (name !== undefined) await world.command((store) => act(store, name), { writes: true });
}

function stepsOf(...kinds: string[]): fc.Arbitrary<Step[]> {
  const step = fc.record({ kind: fc.constantFrom(...kinds), at: fc.nat(50), to: fc.nat(50) });
  return fc.array(step, { minLength: 8, maxLength: 30, size: "max" });
}

async function play(steps: readonly Step[]): Promise<World> {
  const world = new World();
  for (const step of steps) {
    OTHERS[step.kind]?.(world, step);
    await OURS[step.kind]?.(world, step);
  }
  return world;
}

describe("in any order of our commands and another program's writes", () => {
  test("a loss is named once, when there is one, and restored without a loss", async () => {
    const steps = stepsOf(...Object.keys(OURS), ...Object.keys(OTHERS));
    await fc.assert(
      fc.asyncProperty(steps, async (all) => void (await play(all))),
      { numRuns: Number(process.env["RUNS"] ?? 40) },
    );
  }, 120_000);

  test("nothing is named when there is no other program", async () => {
    const steps = stepsOf(...Object.keys(OURS).filter((kind) => kind !== "restoreLoss"));
    const property = fc.asyncProperty(steps, async (all) => expect((await play(all)).losses).toEqual([]));
    await fc.assert(property, { numRuns: 15 });
  }, 60_000);
});

const IDS = /`bentocloud restore ([0-9a-f]{4})`/;

/** A home on which our commands and another program work, in which `names` have been seen by ours. */
async function seenHome(...names: string[]) {
  const here = home();
  const write = (logins: Record<string, string>, current = "none") =>
    writeContexts(
      here,
      Object.entries(logins).map(([name, token]) => ({ name, token, endpoint: ENDPOINT })),
      current,
    );
  const logins = Object.fromEntries(names.map((name) => [name, canary()]));
  write(logins);
  const { store, alerts } = openStore(here);
  const login = (name: string, token = canary()) => {
    const put = { kind: "put", name, endpoint: ENDPOINT, token: new Token(token), email: null } as const;
    return store.update(() => ({ changes: [put] }));
  };
  const restore = (id: string) => bringBack(store, findRestorable(store, id));
  /** What the newest warning names to bring back. */
  const newest = () => IDS.exec(alerts.at(-1) ?? "")![1]!;
  await switchContext(store, names[0]!);
  return { here, write, logins, store, alerts, login, restore, newest };
}

describe("another program's write", () => {
  test("that edits an endpoint is no loss, and is left as it is", async () => {
    const { here, store, alerts } = await seenHome("a", "c");
    here.write(here.read().replace(ENDPOINT, "https://edited.test"));
    const edited = here.read();
    await store.read();
    await switchContext(store, "c");
    expect({ alerts, losses: await store.losses() }).toEqual({ alerts: [], losses: [] });
    expect(here.read().replace(/current.*/, "")).toBe(edited.replace(/current.*/, ""));
  });

  test.each<[string, (home: Awaited<ReturnType<typeof seenHome>>) => Promise<unknown>]>([
    ["a login of its name", ({ login }) => login("c")],
    ["bringing it back", ({ restore, newest }) => restore(newest())],
  ])("is settled by %s, also when that is removed again", async (_name, settle) => {
    const seen = await seenHome("a", "c");
    const { here, write, logins, store, alerts } = seen;
    write({ a: logins["a"]! });
    await store.read();
    expect((await store.losses()).map(({ contexts }) => contexts)).toEqual([["c"]]);
    await settle(seen);
    await removeContexts(store, ["c"]);
    expect({ said: alerts.length, losses: await store.losses() }).toEqual({ said: 1, losses: [] });
    expect((await listRestorable(store)).map(({ kind }) => kind)).not.toContain("loss");
    expect(here.read()).not.toContain("name: c");
  });

  test("is named apart from what a killed command of ours may have done", async () => {
    const { here, write, logins, store, alerts } = await seenHome("a", "b", "c");
    // What `logout b` leaves that was killed after its change.
    write({ a: logins["a"]!, c: logins["c"]! }, "a");
    const pending = "2030-01-01T00-00-00.000Z-abcd.pending.yaml";
    writeBelow(ownOf(here), `versions/${pending}`, here.read());
    await store.read();
    expect(alerts).toEqual([]);
    write({ a: logins["a"]! }, "a");
    await store.read();
    expect(alerts).toEqual([expect.stringContaining(`removed 1 context from ${here.file}: c; `)]);
    expect(leftovers(here)).toEqual([]);
  });

  test("is kept once, also when the file as it was found could not be kept with it", async () => {
    const { here, store, alerts } = await seenHome("a", "b");
    here.write("contexts: []\ncurrent_context_name: default\n");
    await store.read();
    // As if the disk had been full then.
    rmSync(listVersions(ownOf(here)).at(-1)!.path);
    const again = openStore(here);
    await again.store.read();
    expect(again.alerts).toEqual(alerts);
    expect(keptIn(here, "loss")).toHaveLength(1);
  });

  test("is said each time where it cannot be kept, and then once", async () => {
    const { here } = await seenHome("a");
    here.write("contexts: []\ncurrent_context_name: default\n");
    const lock = join(ownOf(here), "lock");
    mkdirSync(lock);
    for (const _ of [1, 2]) {
      const { store, alerts } = openStore(here);
      await store.read();
      await store.read();
      expect(alerts).toEqual([
        expect.stringContaining("`bentocloud restore`, where it can write, brings it back"),
      ]);
    }
    rmdirSync(lock);
    const { store, alerts } = openStore(here);
    await store.read();
    await store.read();
    expect(alerts).toEqual([expect.stringMatching(IDS)]);
  });

  test("is not looked for in a file that is no home's, which other homes may write", async () => {
    const { here, store, alerts } = await seenHome("a", "b");
    const other = join(here.path, "other.yaml");
    writeFileSync(other, "contexts: []\ncurrent_context_name: default\n");
    rmSync(here.file);
    symlinkSync(other, here.file);
    await store.read();
    expect(alerts).toEqual([]);
  });
});

describe("what is brought back", () => {
  test("is the newer login, also when the older one was put back and lost after it", async () => {
    const { here, write, logins, store, login, restore, newest } = await seenHome("a");
    const token = canary();
    await login("a", token);
    const ids: string[] = [];
    for (const left of [{}, { a: logins["a"]! }, {}]) {
      write(left);
      await store.update(() => ({ changes: [] }));
      if (Object.keys(left).length === 0) ids.push(newest());
    }
    for (const id of ids) await restore(id);
    expect(here.read()).toContain(token);
  });

  test("is the newest login, when an earlier one is restored before the newest is known to be gone", async () => {
    const { here, write, store, login, restore, newest } = await seenHome("a");
    write({});
    await store.read();
    const first = newest();
    const token = canary();
    await login("a", token);
    write({});
    await restore(first);
    expect(newest()).not.toBe(first);
    await restore(newest());
    expect(here.read()).toContain(token);
  });

  test("replaces what a stale write put back, though many changes came between", async () => {
    const { here, write, logins, store, alerts, login, restore, newest } = await seenHome("a");
    const stale = here.read();
    write({});
    await store.read();
    await login("a", logins["a"]);
    const token = canary();
    await login("a", token);
    for (let count = 0; count < 15; count += 1) await login(`b${count}`);
    here.write(stale);
    await store.read();
    expect(alerts.at(-1)).toContain(`put 1 context in ${here.file} back to an older login: a; `);
    await restore(newest());
    expect(here.read()).toContain(token);
  });
});
