import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { startPeer } from "../interop/peer.ts";
import { home, run, type Home } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const startCloud = cloudsPerTest();
const python = startPeer();

const PEOPLE = ["me", "you"] as const;
type Who = (typeof PEOPLE)[number];

interface Sighting {
  who: Who;
  token: string;
}

/** A home with what its owner may expect of it: whose each context was when our program saw it last. */
class World {
  readonly home: Home = home();
  readonly seen = new Map<string, Sighting>();
  readonly #owners = new Map<string, Who>();
  readonly #cloud: LocalCloud;

  constructor(cloud: LocalCloud) {
    this.#cloud = cloud;
  }

  issue(who: Who): string {
    const token = this.#cloud.issueToken({ email: `${who}@example.test`, organization: `${who}-org` });
    this.#owners.set(token, who);
    return token;
  }

  async ours(args: string[], stdin = ""): Promise<boolean> {
    const { code } = await run(args, { home: this.home, stdin });
    return code === 0;
  }

  /** The stored contexts by name, with their tokens. */
  contexts(): Map<string, string> {
    const entries = this.home
      .read()
      .matchAll(/- api_token: (\S+)\n  email: .*\n  endpoint: .*\n  name: (\S+)\n/g);
    return new Map([...entries].map(([, token = "", name = ""]) => [name, token]));
  }

  async login(name: string, who: Who): Promise<void> {
    const token = this.issue(who);
    const args = ["login", "--with-token", "--force", "--endpoint", this.#cloud.url, "--context", name];
    expect(await this.ours(args, token)).toBe(true);
    this.seen.set(name, { who, token });
  }

  async rename(from: string, to: string): Promise<void> {
    if (!(await this.ours(["context", "rename", from, to])) || from === to) return;
    const moved = this.seen.get(from);
    for (const name of [from, to]) this.seen.delete(name);
    if (moved) this.seen.set(to, moved);
  }

  async logout(name: string): Promise<void> {
    if (await this.ours(["logout", name])) this.seen.delete(name);
  }

  async restore(index: number): Promise<void> {
    const { stdout } = await run(["restore", "--json"], { home: this.home });
    const { versions } = JSON.parse(stdout) as { versions: { id: string }[] };
    const chosen = versions[index % versions.length];
    if (!chosen) return;
    const { code, stdout: answer } = await run(["restore", chosen.id, "--json"], { home: this.home });
    expect(code).toBe(0);
    const { added, removed, changed } = JSON.parse(answer) as Record<string, string[]>;
    const now = this.contexts();
    for (const name of [...added!, ...removed!, ...changed!])
      if (this.seen.get(name)?.token !== now.get(name)) this.seen.delete(name);
  }

  editorDrops(name: string): void {
    const entry = new RegExp(`- api_token: .*\\n  email: .*\\n  endpoint: .*\\n  name: ${name}\\n`);
    this.home.write(
      this.home.read().replace(entry, "").replace("contexts:\ncurrent", "contexts: []\ncurrent"),
    );
  }

  async pythonLogin(name: string, who: Who): Promise<void> {
    const args = ["cloud", "login", "--endpoint", this.#cloud.url, "--api-token", this.issue(who)];
    const text = this.home.read();
    const [done] = await python.verbs([{ text, args: [...args, "--context", name] }]);
    expect(done).toMatchObject({ code: 0 });
    this.home.write(done!.text!);
  }

  /** Our program sees every context: it must object to exactly those that somebody else has now. */
  async look(): Promise<void> {
    const { stdout } = await run(["status", "--all", "--json"], { home: this.home });
    const statuses = JSON.parse(stdout).contexts as { name: string; identity_mismatch: boolean }[];
    const objected = statuses.filter((one) => one.identity_mismatch).map(({ name }) => name);
    const expected: string[] = [];
    for (const [name, token] of this.contexts()) {
      const who = this.#owners.get(token)!;
      const before = this.seen.get(name);
      if (before && before.who !== who) expected.push(name);
      else this.seen.set(name, { who, token });
    }
    expect(objected.toSorted()).toEqual(expected.toSorted());
  }
}

const NAMES = ["a", "b"];
type Step = (world: World) => Promise<void> | void;

/** Steps choose among the names that they can do something with, so that few of them do nothing. */
function pick(names: readonly string[], choice: number): string {
  return names[choice % Math.max(names.length, 1)] ?? "a";
}

const stored = (world: World) => [...world.contexts().keys()];
/** A name to rename to: one that another program removed, where there is one. */
function freeName(world: World): string {
  const free = [...NAMES, "c"].filter((name) => !world.contexts().has(name));
  return free.find((name) => world.seen.has(name)) ?? free[0] ?? "c";
}

/** A step that shows in a counterexample as what it does. */
function step(what: string, act: (world: World, choice: number, who: Who) => Promise<void> | void) {
  return fc.tuple(fc.nat(5), fc.constantFrom(...PEOPLE)).map(([choice, who]): Step => {
    const taken: Step = (world) => act(world, choice, who);
    return Object.assign(taken, { [fc.toStringMethod]: () => `${what} (${choice}, ${who})` });
  });
}

const STEPS: [weight: number, arbitrary: fc.Arbitrary<Step>][] = [
  [2, step("login", (world, choice, who) => world.login(pick(NAMES, choice), who))],
  [2, step("rename", (world, choice) => world.rename(pick(stored(world), choice), freeName(world)))],
  [2, step("an editor drops", (world, choice) => world.editorDrops(pick(stored(world), choice)))],
  [1, step("Python login", (world, choice, who) => world.pythonLogin(pick(NAMES, choice), who))],
  [1, step("logout", (world, choice) => world.logout(pick(stored(world), choice)))],
  [1, step("restore", (world, choice) => world.restore(choice))],
  [1, step("look", (world) => world.look())],
];

describe("whose a context is", () => {
  test("is never mistaken, whatever happens to its name, and a token of somebody else is never missed", async () => {
    const cloud = await startCloud();
    const aStep = fc.oneof(...STEPS.map(([weight, arbitrary]) => ({ weight, arbitrary })));
    await fc.assert(
      fc.asyncProperty(fc.array(aStep, { minLength: 2, maxLength: 8 }), async (steps) => {
        const world = new World(cloud);
        await world.login("a", "me");
        await world.login("b", "you");
        for (const one of steps) await one(world);
        await world.look();
        await world.look();
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});
