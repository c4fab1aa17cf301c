import type { LocalCloud } from "../../test/support/cloud.ts";
import type { Command } from "./command.ts";
import type { Contexts } from "./contexts.ts";
import type { PeerStep } from "./peers.ts";
import type { Random } from "./random.ts";

/** Contexts that one writer has at a time. */
const MOST = 6;

export interface Step extends Command {
  kind: string;
  /** The writer's contexts, once this is acknowledged. */
  after: Contexts;
}

/**
 * What a writer of ours does next, given the contexts it has: it signs in, switches, renames and signs out, under names
 * that nobody else touches and that are not used twice.
 */
export function createSteps(writer: string, random: Random, cloud: LocalCloud): (has: Contexts) => Step {
  let made = 0;
  const newName = () => `${writer}-${++made}`;

  function signIn(has: Contexts, name: string): Step {
    const stdin = cloud.issueToken();
    const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", name];
    if (random.chance(0.5)) args.push("--no-use");
    return {
      kind: has.has(name) ? "login again" : "login",
      args,
      stdin,
      after: new Map([...has, [name, stdin]]),
    };
  }

  function rename(has: Contexts, from: string): Step {
    const to = newName();
    const after = new Map([...has].map(([name, token]) => [name === from ? to : name, token]));
    return { kind: "rename", args: ["context", "rename", from, to], after };
  }

  function remove(has: Contexts, name: string): Step {
    const words = random.pick([["logout"], ["context", "remove"]]);
    const after = new Map([...has].filter(([kept]) => kept !== name));
    return { kind: "remove", args: [...words, name], after };
  }

  return (has) => {
    if (has.size === 0) return signIn(has, newName());
    const name = random.pick([...has.keys()]);
    const choices = [
      () => signIn(has, has.size < MOST ? newName() : name),
      () => signIn(has, name),
      () => rename(has, name),
      () => remove(has, name),
      () => ({ kind: "use", args: ["use", name], after: has }),
    ];
    return random.pick(choices)();
  };
}

/** What a reader of ours does. */
export const READS: readonly (readonly string[])[] = [
  ["token"],
  ["context", "list"],
  ["status", "--offline"],
];

/** Few, so that Python changes logins of its own, too. */
const PEER_NAMES = [1, 2, 3, 4, 5];

export function nextPeerStep(peer: string, random: Random, cloud: LocalCloud): PeerStep {
  return {
    kind: random.pick(["save", "use", "read"]),
    name: `${peer}-${random.pick(PEER_NAMES)}`,
    token: cloud.issueToken(),
    endpoint: cloud.url,
  };
}
