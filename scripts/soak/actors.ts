import type { LocalCloud } from "../../test/support/cloud.ts";
import type { Home } from "../../test/support/home.ts";
import { type Contexts, contextsIn, contextsOf, isSame } from "./contexts.ts";
import type { Figures } from "./figures.ts";
import type { Gate } from "./gate.ts";
import type { Operator } from "./operator.ts";
import type { Peer, PeerWrite } from "./peers.ts";
import { createRandom } from "./random.ts";
import { createSteps, nextPeerStep, READS, type Step } from "./steps.ts";

export interface World {
  readonly home: Home;
  readonly cloud: LocalCloud;
  readonly operator: Operator;
  readonly figures: Figures;
  /** Python passes it for every step. */
  readonly gate: Gate;
  readonly seed: number;
  /** Whether Python is at work here, so that any context may be gone at any time. */
  readonly shared: boolean;
  /** Whether commands are killed. */
  readonly chaos: boolean;
  isOver(): boolean;
}

const NOT_FOUND = 3;
const NOT_LOGGED_IN = 4;
/** Upper limits of the pauses between two steps. */
const PAUSE_MS = 300;
const PEER_PAUSE_MS = 400;
const KILLED = 0.2;

/** Gives the contexts that have been acknowledged to this writer and not been removed by it. */
export async function writeOn(world: World, name: string): Promise<Contexts> {
  const random = createRandom(world.seed, name);
  const nextStep = createSteps(name, random, world.cloud);
  let has: Contexts = new Map();
  let usual = 100;
  while (!world.isOver()) {
    const step = nextStep(has);
    const isKilled = world.chaos && random.chance(KILLED);
    const { code, milliseconds } = await world.operator.run({
      ...step,
      ...(isKilled ? { killAfterMs: random.between(0, 1.5) * usual } : {}),
      expected: world.shared ? [NOT_FOUND] : [],
    });
    if (code === null) has = afterKill(world, { name, has, step });
    else usual = milliseconds;
    if (code === 0) has = step.after;
    await Bun.sleep(random.between(0, PAUSE_MS));
  }
  return has;
}

/** What stands in the file now, which must be as if the command had not begun, or as if it had ended. */
function afterKill({ home, figures }: World, killed: { name: string; has: Contexts; step: Step }): Contexts {
  const { name, has, step } = killed;
  const found = contextsOf(contextsIn(home), name);
  const [isBefore, isAfter] = [isSame(found, has), isSame(found, step.after)];
  if (!isBefore && !isAfter) figures.breaks(`half done: ${step.args.join(" ")}`);
  if (isBefore !== isAfter) figures.count(`commands killed ${isBefore ? "before" : "after"} their change`);
  return found;
}

export async function readOn(world: World, name: string): Promise<void> {
  const random = createRandom(world.seed, name);
  while (!world.isOver()) {
    const args = random.pick(READS);
    await world.operator.run({ kind: args.join(" "), args, expected: [NOT_LOGGED_IN] });
    await Bun.sleep(random.between(0, PAUSE_MS));
  }
}

export interface PeerWork {
  /** What Python saved without an error. */
  saved: Contexts;
  writes: PeerWrite[];
}

export async function drive(world: World, peer: Peer, name: string): Promise<PeerWork> {
  const { figures } = world;
  const random = createRandom(world.seed, name);
  const saved = new Map<string, string>();
  const all: PeerWrite[] = [];
  while (!world.isOver()) {
    const step = nextPeerStep(name, random, world.cloud);
    const { error, writes } = await world.gate.pass(() => peer.take(step));
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
