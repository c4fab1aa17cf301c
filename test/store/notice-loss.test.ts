import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { Token } from "../../src/contexts/token.ts";
import { removeContexts, renameContext, switchContext } from "../../src/store/manage-contexts.ts";
import { bringBack, findRestorable, listRestorable } from "../../src/store/restore.ts";
import type { Store } from "../../src/store/store.ts";
import { listVersions } from "../../src/store/versions.ts";
import { home, type Home } from "../support/home.ts";
import { removeFolder } from "../support/posix.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { keptIn, leftovers, openStore, ownOf, writeBelow, writeContexts } from "./fixture.ts";

sweepCanaries();

const ENDPOINT = "https://cloud.test";
const ID = /`bentocloud restore ([0-9a-f]{4})` brings (?:it|them) back$/;

/** Names with their tokens, in the order of the file. No two logins here are the same. */
type Logins = Map<string, string>;

const ENTRY = /api_token: (.*)\n {2}email: null\n {2}endpoint: .*\n {2}name: "?(\w+)/g;
const loginsIn = (text: string): Logins =>
  new Map([...text.matchAll(ENTRY)].map(([, token, name]) => [name!, token!]));
const versionsOf = (here: Home) => keptIn(here).map(({ text }) => loginsIn(text));

/** As another program writes the file. */
function write(here: Home, logins: Logins, current = "none"): void {
  const entries = [...logins].map(([name, token]) => ({ name, token, endpoint: ENDPOINT }));
  writeContexts(here, entries, current);
}

function login(store: Store, name: string, token = canary()) {
  const put = { kind: "put", name, endpoint: ENDPOINT, token: new Token(token), email: null } as const;
  return store.update(() => ({ changes: [put] }));
}

const restore = (store: Store, id: string) => bringBack(store, findRestorable(store, id));

interface Step {
  kind: string;
  at: number;
  name: string;
}

const pick = <T>(items: readonly T[], at: number): T | undefined => items[at % items.length];

/** What another program makes of the logins, one of which is called `one`. */
const OTHERS: Record<
  string,
  (now: Logins, one: string | undefined, step: Step, versions: Logins[]) => Logins
> = {
  drop: (now, one) => new Map([...now].filter(([name]) => name !== one)),
  put: (now, _one, { name }) => now.set(name, canary()),
  putBack: (now, _one, { at, name }, versions) => {
    const older = pick(versions, at)?.get(name);
    return older === undefined ? now : now.set(name, older);
  },
  wipe: () => new Map(),
};

/** What our commands do, once there is a login for it. */
const OURS: Record<string, (store: Store, one: string, step: Step, now: Logins) => Promise<unknown>> = {
  read: (store) => store.read(),
  login: (store, _one, { name }) => login(store, name),
  logout: (store, one) => removeContexts(store, [one]),
  undo: async (store) => {
    const last = (await listRestorable(store)).find(({ kind }) => kind === "version");
    return last && restore(store, last.id);
  },
  use: switchContext,
  rename: (store, one, { name }, now) => (now.has(name) ? store.read() : renameContext(store, one, name)),
};

interface Loss {
  lost: Logins;
  /** The file in which they were missing, and the versions and losses from before it. */
  found: Logins;
  history: Logins[];
  /** Those that were named before it. */
  earlier: Loss[];
}

/**
 * Names that are missing from the newest version, and those that are an older login again; except a login that comes back
 * after another program had put an older one in its place, which was reported then.
 */
function expectedLoss(here: Home, earlier: Loss[]): Loss {
  const [found, versions] = [loginsIn(here.read()), versionsOf(here)];
  const [newest, older] = [versions.at(-1) ?? new Map<string, string>(), versions.slice(0, -1)];
  const kept = listVersions(ownOf(here)).map(({ kind, path }) => ({
    kind,
    logins: loginsIn(readFileSync(path, "utf8")),
  }));
  const lost = [...newest].filter(([name, token]) => {
    const other = found.get(name);
    if (other === undefined) return true;
    const last = kept.findLastIndex(({ kind, logins }) => kind === "version" && logins.get(name) !== token);
    const cause = last === -1 ? undefined : kept[last + 1];
    const isBack = cause?.kind === "loss" && cause.logins.get(name) === other;
    return other !== token && !isBack && older.some((version) => version.get(name) === other);
  });
  const history = kept.map(({ logins }) => logins);
  return { lost: new Map(lost), found, history, earlier };
}

/** All that was lost is back, in the place of older logins only, and nothing else has changed. */
function expectBack({ lost, found, history, earlier }: Loss, before: Logins, after: Logins): void {
  for (const name of new Set([...before.keys(), ...after.keys(), ...lost.keys()])) {
    const [was, wanted] = [before.get(name), lost.get(name)];
    const first = (token?: string) => history.findIndex((logins) => logins.get(name) === token);
    // Another program put the lost one in its place, and was reported to.
    const isNewer = earlier.some((loss) => loss.lost.get(name) === was && loss.found.get(name) === wanted);
    const isOlder = first(was) !== -1 && first(was) < first(wanted) && !isNewer;
    const isStale = isOlder || (first(was) !== -1 && was === found.get(name));
    const is = wanted !== undefined && (was === undefined || isStale) ? wanted : was;
    expect({ name, is: after.get(name) }).toEqual({ name, is });
  }
}

/** Compares what our commands say with what they must say. Gives the losses that they named. */
async function play(steps: readonly Step[]): Promise<Loss[]> {
  const here = home();
  const losses: (Loss & { id: string })[] = [];
  write(here, new Map(["a", "b", "c"].map((name) => [name, canary()])));
  for (const step of steps) {
    const [now, loss] = [loginsIn(here.read()), pick(losses, step.at)];
    const one = pick([...now.keys()], step.at);
    const other = OTHERS[step.kind]?.(new Map(now), one, step, versionsOf(here));
    if (other) write(here, other);
    if (other || (step.kind === "restore" ? !loss : one === undefined)) continue;
    const expected = expectedLoss(here, [...losses]);
    const { store, alerts } = openStore(here);
    if (step.kind !== "restore") await OURS[step.kind]!(store, one!, step, now);
    else expectBack(loss!, now, (await restore(store, loss!.id), loginsIn(here.read())));
    const said = alerts.map((alert) =>
      [...alert.matchAll(/: ([\w, ]+?)(?=, and put|; )/g)].flatMap(([, names]) => names!.split(", ")),
    );
    expect(said.map((names) => names.toSorted())).toEqual(
      expected.lost.size > 0 ? [[...expected.lost.keys()].toSorted()] : [],
    );
    for (const alert of alerts) losses.push({ ...expected, id: ID.exec(alert)![1]! });
    expect(leftovers(here)).toEqual([]);
  }
  return losses;
}

function stepsOf(...kinds: string[]): fc.Arbitrary<Step[]> {
  const name = fc.constantFrom("a", "b", "c", "d");
  const step = fc.record({ kind: fc.constantFrom(...kinds), at: fc.nat(50), name });
  return fc.array(step, { minLength: 8, maxLength: 30, size: "max" });
}

describe("in any order of our commands and another program's writes", () => {
  test("every loss is named once, nothing else is, and a restore brings it back without another loss", async () => {
    const steps = stepsOf(...Object.keys(OURS), "restore", ...Object.keys(OTHERS));
    const property = fc.asyncProperty(steps, async (all) => void (await play(all)));
    await fc.assert(property, { numRuns: 40 });
  }, 120_000);

  test("nothing is named when there is no other program", async () => {
    const property = fc.asyncProperty(stepsOf(...Object.keys(OURS)), async (all) => {
      expect(await play(all)).toEqual([]);
    });
    await fc.assert(property, { numRuns: 15 });
  }, 60_000);
});

const WIPED: Logins = new Map();

/** Contexts that our program has seen in a write of its own. */
async function seenHome(...names: string[]) {
  const here = home();
  const logins: Logins = new Map(names.map((name) => [name, canary()]));
  write(here, logins);
  const { store, alerts } = openStore(here);
  await switchContext(store, names[0]!);
  /** What the newest warning names to bring back. */
  const newest = () => ID.exec(alerts.at(-1) ?? "")![1]!;
  return { here, logins, store, alerts, newest };
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

  test.each<[string, (store: Store, id: string) => Promise<unknown>]>([
    ["a login of its name", (store) => login(store, "c")],
    ["bringing it back", restore],
  ])("that removed a login is settled by %s, also when that goes again", async (_name, settle) => {
    const { here, logins, store, alerts, newest } = await seenHome("a", "c");
    write(here, new Map([...logins].slice(0, 1)));
    await store.read();
    expect((await store.losses()).map(({ contexts }) => contexts)).toEqual([["c"]]);
    await settle(store, newest());
    await removeContexts(store, ["c"]);
    expect({ said: alerts.length, losses: await store.losses() }).toEqual({ said: 1, losses: [] });
    expect((await listRestorable(store)).map(({ kind }) => kind)).not.toContain("loss");
    expect(here.read()).not.toContain("name: c");
  });

  test("is told apart from what a killed command of ours may have done", async () => {
    const { here, logins, store, alerts } = await seenHome("a", "b", "c");
    const without = (...names: string[]) => new Map([...logins].filter(([name]) => !names.includes(name)));
    write(here, without("b"), "a");
    // What a `logout b` leaves that was killed after its change.
    writeBelow(ownOf(here), "versions/2030-01-01T00-00-00.000Z-abcd.pending.yaml", here.read());
    await store.read();
    expect(alerts).toEqual([]);
    write(here, without("b", "c"), "a");
    await store.read();
    expect(alerts).toEqual([expect.stringContaining(`removed 1 context from ${here.file}: c; `)]);
    expect(leftovers(here)).toEqual([]);
  });

  test("is kept once, also when the file as it was found could not be kept with it", async () => {
    const { here, store, alerts } = await seenHome("a", "b");
    write(here, WIPED);
    await store.read();
    // As if the disk had been full by then.
    rmSync(listVersions(ownOf(here)).at(-1)!.path);
    const next = openStore(here);
    await next.store.read();
    expect(next.alerts).toEqual(alerts);
    expect(keptIn(here, "loss")).toHaveLength(1);
  });

  test("is said by each command while it cannot be kept, and once when it can", async () => {
    const { here } = await seenHome("a");
    write(here, WIPED);
    const lock = join(ownOf(here), "lock");
    mkdirSync(lock);
    const unkept = expect.stringContaining("`bentocloud restore`, where it can write, brings it back");
    for (const said of [[unkept], [unkept], [expect.stringMatching(ID)], []]) {
      if (said[0] !== unkept) removeFolder(lock);
      const { store, alerts } = openStore(here);
      await store.read();
      await store.read();
      expect(alerts).toEqual(said);
    }
  });

  test("is not looked for in a file outside every home, which other homes may write", async () => {
    const { here, store, alerts } = await seenHome("a", "b");
    const other = writeBelow(here.path, "other.yaml", "contexts: []\n");
    rmSync(here.file);
    symlinkSync(other, here.file);
    await store.read();
    expect(alerts).toEqual([]);
  });
});

describe("a login that comes back by itself", () => {
  test("is not taken for an older one, so that nothing brings back the stale login", async () => {
    const { here, logins, store, alerts } = await seenHome("a");
    await login(store, "a");
    const newer = loginsIn(here.read());
    for (const stale of [logins, newer]) {
      write(here, stale);
      await store.read();
    }
    expect(alerts).toEqual([expect.stringContaining("back to an older login: a; ")]);
    expect(await store.losses()).toEqual([]);
  });

  test("is said to have gone back, when it was a restored one that it replaced", async () => {
    const { here, store, alerts } = await seenHome("a");
    await login(store, "a");
    const newer = loginsIn(here.read());
    await restore(store, (await listRestorable(store))[0]!.id);
    write(here, newer);
    await store.read();
    expect(alerts).toEqual([expect.stringContaining("back to an older login: a; ")]);
  });
});

describe("what is brought back", () => {
  test("is the newer login, also when the older one was put back and lost after it", async () => {
    const { here, logins, store, newest } = await seenHome("a");
    const token = canary();
    await login(store, "a", token);
    const ids: string[] = [];
    for (const left of [WIPED, logins, WIPED]) {
      write(here, left);
      await store.update(() => ({ changes: [] }));
      ids.push(newest());
    }
    for (const id of ids) await restore(store, id);
    expect(here.read()).toContain(token);
  });

  test("is the newest login, when an earlier one is restored before the newest is known to be gone", async () => {
    const { here, store, newest } = await seenHome("a");
    write(here, WIPED);
    await store.read();
    const first = newest();
    const token = canary();
    await login(store, "a", token);
    write(here, WIPED);
    await restore(store, first);
    expect(newest()).not.toBe(first);
    await restore(store, newest());
    expect(here.read()).toContain(token);
  });

  test("is the newer login, also when no version is left that tells which one that is", async () => {
    const { here, store, newest } = await seenHome("a");
    const token = canary();
    write(here, WIPED);
    await store.read();
    const first = newest();
    await login(store, "a", token);
    for (let count = 0; count < 20; count += 1) await login(store, `b${count}`);
    write(here, WIPED);
    await restore(store, first);
    await restore(store, newest());
    expect(here.read()).toContain(token);
  });

  test("is not the older login that another program had written back, once the newer one is there again", async () => {
    const { here, logins, store, newest } = await seenHome("a");
    const token = canary();
    await login(store, "a", token);
    const ids: string[] = [];
    for (const left of [logins, WIPED]) {
      write(here, left);
      await store.read();
      ids.push(newest());
    }
    // More than there are versions, so that none from before the loss is left but those of the first login.
    for (let count = 0; count < 16; count += 1) await login(store, `b${count}`);
    for (const id of ids) await restore(store, id);
    expect(here.read()).toContain(token);
  });

  test("replaces an older login that another program wrote back, also after many changes", async () => {
    const { here, logins, store, alerts, newest } = await seenHome("a");
    const token = canary();
    await login(store, "a", token);
    for (let count = 0; count < 15; count += 1) await login(store, `b${count}`);
    write(here, logins);
    await store.read();
    expect(alerts.at(-1)).toContain(`and put 1 context in ${here.file} back to an older login: a; `);
    await restore(store, newest());
    expect(here.read()).toContain(token);
  });
});
