import { expect } from "bun:test";
import { Context } from "../../src/contexts/context.ts";
import { putContext } from "../../src/store/losses.ts";
import { expectedIdentity, readState, recall, remember } from "../../src/store/state.ts";
import { readContexts } from "../../src/yaml/read.ts";
import { keptIn, openStore, ownOf } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { forEachOf, needsTrace, tampered, writingCalls } from "./faults/strace.ts";

// Temporary files of killed processes.
sweepCanaries({ files: ["**/*.tmp"] });

const cloud = await cloudForAll({ verify: false });

const people = { me: { email: "me@example.test" }, them: { email: "them@example.test" } };
const tokens = { me: cloud.issueToken(people.me), them: cloud.issueToken(people.them) };

/** Signs in as `login` does, with what the server says of the token. */
async function signIn(here: Home, name: string, who: keyof typeof people): Promise<void> {
  const { email } = people[who];
  const context = new Context({ name, endpoint: cloud.url, email, apiToken: tokens[who], line: null });
  const sighting = { context, email, organization: "acme", time: new Date() };
  await openStore(here).store.update((_file, state) => ({
    changes: [putContext(context)],
    state: remember(state, sighting),
  }));
}

/** The contexts whose names our memory has another login for. */
async function inheritors(here: Home): Promise<string[]> {
  const state = readState(ownOf(here));
  const { contexts } = await readContexts(here.read());
  const heirs = contexts.filter((one) => expectedIdentity(state, one.name) && !recall(state, one));
  return heirs.map(({ name }) => name);
}

const force = ["login", "--with-token", "--endpoint", cloud.url, "--context", "prod", "--force"];

needsTrace.test.each<[what: string, prepare: (here: Home) => Promise<void>, args: (here: Home) => string[]]>([
  ["a login in the place of another person's", (here) => signIn(here, "prod", "me"), () => force],
  [
    "a rename to the name of a context that an editor took out",
    async (here) => {
      await signIn(here, "prod", "me");
      await signIn(here, "dev", "them");
      here.write(here.read().replace(/- api_token(?:.*\n){3} {2}name: prod\n/, ""));
    },
    () => ["context", "rename", "dev", "prod"],
  ],
  [
    "a restore of the login before",
    async (here) => {
      await signIn(here, "prod", "me");
      await signIn(here, "prod", "them");
    },
    (here) => ["restore", keptIn(here)[0]!.id],
  ],
])(
  "%s, killed at any system call that writes, leaves the identity of one login to no other",
  async (_what, prepare, args) => {
    const stdin = tokens.them;
    const made = async () => {
      const here = home();
      await prepare(here);
      return here;
    };
    const reference = await made();
    const calls = await writingCalls(args(reference), { here: reference, stdin });
    const before = (await made()).read();
    const ends = new Set<boolean>();
    await forEachOf(calls, async ({ name, number }) => {
      const here = await made();
      await run(args(here), {
        home: here,
        stdin,
        command: tampered(`${name}:signal=SIGKILL:when=${number}`),
      });
      ends.add(here.read() === before);
      expect({ name, number, inheritors: await inheritors(here) }).toEqual({ name, number, inheritors: [] });
    });
    expect(ends).toEqual(new Set([true, false]));
  },
  60_000,
);
