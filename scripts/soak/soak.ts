import { type LocalCloud, startCloud } from "../../test/support/cloud.ts";
import { home as newHome } from "../../test/support/home.ts";
import { runPeer, runReader, runWriter, type World } from "./actors.ts";
import { plantLocks } from "./chaos.ts";
import { Figures } from "./figures.ts";
import { createOperator } from "./operator.ts";
import { startPeer } from "./peers.ts";
import { createRandom } from "./random.ts";
import { startSampler } from "./sampler.ts";
import { SharedLock } from "./shared-lock.ts";
import { judge } from "./verdict.ts";

export interface SoakOptions {
  seconds: number;
  seed: number;
  writers: number;
  readers: number;
  /** Processes of Python bentoml. */
  python: number;
  /** Kills commands of ours and plants abandoned locks. Only without Python. */
  chaos: boolean;
}

/**
 * Each writer of ours remembers which of its commands succeeded. At the end, after every reported loss has been restored,
 * the file must contain the results of all of them.
 */
export async function soak(options: SoakOptions): Promise<Figures> {
  if (options.chaos && options.python > 0) throw new Error("--chaos needs --python 0");
  const cloud = await startCloud();
  try {
    return await soakAt(cloud, options);
  } finally {
    await cloud.stop();
  }
}

async function soakAt(cloud: LocalCloud, options: SoakOptions): Promise<Figures> {
  const { seconds, seed, chaos } = options;
  const [home, figures, peerLock] = [newHome(), new Figures(), new SharedLock()];
  const operator = createOperator(home, figures, peerLock);
  const signIn = () => {
    const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", "base"];
    return operator.run({ kind: "login", args, stdin: cloud.issueToken() });
  };
  await signIn();
  const pythons = await Promise.all(names("python", options.python).map(() => startPeer(home)));
  const hasPython = pythons.length > 0;
  const end = performance.now() + seconds * 1000;
  const isOver = () => performance.now() >= end;
  const world: World = { home, cloud, operator, figures, peerLock, seed, chaos, hasPython, isOver };

  const sampler = startSampler(home);
  const writers = names("w", options.writers);
  const [written, peers, planted] = await Promise.all([
    Promise.all(writers.map((name) => runWriter(world, name))),
    Promise.all(pythons.map((python, at) => runPeer(world, python, `python${at}`))),
    chaos ? plantLocks(home, createRandom(seed, "locks"), isOver) : 0,
    ...names("reader", options.readers).map((name) => runReader(world, name)),
  ]);
  await operator.settle();
  // One more write cleans up what killed commands left.
  await signIn();
  const bad = await sampler.stop();
  if (chaos) figures.count("locks planted", planted);
  figures.count("samples of the file", sampler.samples);
  judge(world, { written: new Map(writers.map((name, at) => [name, written[at]!])), peers, bad });
  return figures;
}

function names(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${kind}${at}`);
}
