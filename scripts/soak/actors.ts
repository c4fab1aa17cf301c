import type { LocalCloud } from "../../test/support/cloud.ts";
import type { Home } from "../../test/support/home.ts";
import { type Contexts, contextsIn, contextsOf, isSame } from "./contexts.ts";
import type { Figures } from "./figures.ts";
import type { Operator } from "./operator.ts";
import type { Peer, PeerWrite } from "./peers.ts";
import { createRandom } from "./random.ts";
import type { SharedLock } from "./shared-lock.ts";
import { createSteps, nextPeerStep, READS, type Step } from "./steps.ts";

/** The state that all actors share. */
export interface World {
  readonly home: Home;
  readonly cloud: LocalCloud;
  readonly operator: Operator;
  readonly figures: Figures;
  /** Shared by every step of Python. */
  readonly peerLock: SharedLock;
  readonly seed: number;
  /** Whether Python works on the file too, so that any context may be gone at any time. */
  readonly hasPython: boolean;
  /** Whether commands are killed. */
  readonly chaos: boolean;
  isOver(): boolean;
}

const NOT_FOUND = 3;
const NOT_LOGGED_IN = 4;
/** Upper limits of the pauses between two steps. */
const PAUSE_MS = 300;
const PEER_PAUSE_MS = 400;
/** The part of the commands that chaos kills. */
const KILLED = 0.2;

/** A writer of ours. Resolves to the contexts that it made with success and did not remove. */
export async function runWriter(world: World, name: string): Promise<Contexts> {
  const random = createRandom(world.seed, name);
  const nextStep = createSteps(name, random, world.cloud);
  let owned: Contexts = new Map();
  let lastDuration = 100;
  while (!world.isOver()) {
    const step = nextStep(owned);
    const isKilled = world.chaos && random.chance(KILLED);
    const { code, milliseconds } = await world.operator.run({
      ...step,
      ...(isKilled ? { killAfterMs: random.between(0, 1.5) * lastDuration } : {}),
      expected: world.hasPython ? [NOT_FOUND] : [],
    });
    if (code === null) owned = contextsAfterKill(world, { name, owned, step });
    else lastDuration = milliseconds;
    if (code === 0) owned = step.after;
    await Bun.sleep(random.between(0, PAUSE_MS));
  }
  return owned;
}

/** Reads the writer's contexts from the file. They must be those from before the killed command, or those after it. */
function contextsAfterKill(
  { home, figures }: World,
  { name, owned, step }: { name: string; owned: Contexts; step: Step },
): Contexts {
  const found = contextsOf(contextsIn(home), name);
  const [isBefore, isAfter] = [isSame(found, owned), isSame(found, step.after)];
  if (!isBefore && !isAfter) figures.breaks(`half done: ${step.args.join(" ")}`);
  if (isBefore !== isAfter) figures.count(`commands killed ${isBefore ? "before" : "after"} their change`);
  return found;
}

export async function runReader(world: World, name: string): Promise<void> {
  const random = createRandom(world.seed, name);
  while (!world.isOver()) {
    const args = random.pick(READS);
    await world.operator.run({ kind: args.join(" "), args, expected: [NOT_LOGGED_IN] });
    await Bun.sleep(random.between(0, PAUSE_MS));
  }
}

export interface PeerWork {
  /** The contexts that Python saved without an error. */
  saved: Contexts;
  writes: PeerWrite[];
}

export async function runPeer(world: World, peer: Peer, name: string): Promise<PeerWork> {
  const { figures } = world;
  const random = createRandom(world.seed, name);
  const saved = new Map<string, string>();
  const all: PeerWrite[] = [];
  while (!world.isOver()) {
    const step = nextPeerStep(name, random, world.cloud);
    const { error, writes } = await world.peerLock.shared(() => peer.take(step));
    all.push(...writes);
    figures.count("steps of Python");
    if (error !== null) figures.count(`steps of Python that raised ${error}`);
    figures.count("times Python emptied the file", writes.filter(({ empties }) => empties).length);
    if (step.kind === "save" && error === null) saved.set(step.name, step.token);
    await Bun.sleep(random.between(0, PEER_PAUSE_MS));
  }
  await peer.stop();
  return { saved, writes: all };
}
