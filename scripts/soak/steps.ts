import type { LocalCloud } from "../../test/support/cloud.ts";
import type { Command } from "./command.ts";
import type { Contexts } from "./contexts.ts";
import type { PeerStep } from "./peers.ts";
import type { Random } from "./random.ts";

/** The most contexts that one writer keeps at a time. */
const MOST = 6;

export interface Step extends Command {
  kind: string;
  /** The writer's contexts when the command has succeeded. */
  after: Contexts;
}

/**
 * Chooses the next step of a writer from the contexts it owns: log in, switch, rename or log out. No other writer uses its
 * names, and no name is used twice.
 */
export function createSteps(writer: string, random: Random, cloud: LocalCloud): (owned: Contexts) => Step {
  let made = 0;
  const newName = () => `${writer}-${++made}`;

  function signIn(owned: Contexts, name: string): Step {
    const stdin = cloud.issueToken();
    const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", name];
    if (random.chance(0.5)) args.push("--no-use");
    return {
      kind: owned.has(name) ? "login again" : "login",
      args,
      stdin,
      after: new Map([...owned, [name, stdin]]),
    };
  }

  function rename(owned: Contexts, from: string): Step {
    const to = newName();
    const after = new Map([...owned].map(([name, token]) => [name === from ? to : name, token]));
    return { kind: "rename", args: ["context", "rename", from, to], after };
  }

  function remove(owned: Contexts, name: string): Step {
    const command = random.pick([["logout"], ["context", "remove"]]);
    const after = new Map([...owned].filter(([kept]) => kept !== name));
    return { kind: "remove", args: [...command, name], after };
  }

  return (owned) => {
    if (owned.size === 0) return signIn(owned, newName());
    const name = random.pick([...owned.keys()]);
    const choices = [
      () => signIn(owned, owned.size < MOST ? newName() : name),
      () => signIn(owned, name),
      () => rename(owned, name),
      () => remove(owned, name),
      () => ({ kind: "use", args: ["use", name], after: owned }),
    ];
    return random.pick(choices)();
  };
}

/** The commands of a reader. */
export const READS: readonly (readonly string[])[] = [
  ["token"],
  ["context", "list"],
  ["status", "--offline"],
];

/** Few, so that Python often replaces its own logins. */
const PEER_NAMES = [1, 2, 3, 4, 5];

export function nextPeerStep(peer: string, random: Random, cloud: LocalCloud): PeerStep {
  return {
    kind: random.pick(["save", "use", "read"]),
    name: `${peer}-${random.pick(PEER_NAMES)}`,
    token: cloud.issueToken(),
    endpoint: cloud.url,
  };
}
