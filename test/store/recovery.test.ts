import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { removeContexts, renameContext, switchContext } from "../../src/store/manage.ts";
import { bringBack, findRestorable, listRestorable } from "../../src/store/restore.ts";
import type { Store } from "../../src/store/store.ts";
import { Token } from "../../src/contexts/token.ts";
import { home, type Home } from "../support/home.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { keptIn, leftovers, openStore, writeContexts } from "./fixture.ts";

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
