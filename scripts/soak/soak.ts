import { type LocalCloud, startCloud } from "../../test/support/cloud.ts";
import { home as newHome } from "../../test/support/home.ts";
import { drive, readOn, type World, writeOn } from "./actors.ts";
import { plantLocks } from "./chaos.ts";
import { Figures } from "./figures.ts";
import { Gate } from "./gate.ts";
import { createOperator } from "./operator.ts";
import { startPeer } from "./peers.ts";
import { createRandom } from "./random.ts";
import { startSampler } from "./sampler.ts";
import { judge } from "./verdict.ts";

export interface SoakOptions {
  seconds: number;
  seed: number;
  writers: number;
  readers: number;
  /** Processes of Python bentoml. */
  python: number;
  /** Kills commands of ours and plants locks that nobody holds. Goes without Python. */
  chaos: boolean;
}

/**
 * Many processes on one contexts file. Each writer of ours knows what has been acknowledged to it; in the end all of
 * that must stand in the file, once everything is restored that the program said was lost.
 */
export async function soak(options: SoakOptions): Promise<Figures> {
  if (options.chaos && options.python > 0) throw new Error("chaos goes without Python");
  const cloud = await startCloud();
  try {
    return await soakAt(cloud, options);
  } finally {
    await cloud.stop();
  }
}

async function soakAt(cloud: LocalCloud, options: SoakOptions): Promise<Figures> {
  const { seconds, seed, chaos } = options;
  const [home, figures, gate] = [newHome(), new Figures(), new Gate()];
  const operator = createOperator(home, figures, gate);
  const signIn = () => {
    const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", "base"];
    return operator.run({ kind: "login", args, stdin: cloud.issueToken() });
  };
  await signIn();
  const pythons = await Promise.all(names("python", options.python).map(() => startPeer(home)));
  const shared = pythons.length > 0;
  const end = performance.now() + seconds * 1000;
  const isOver = () => performance.now() >= end;
  const world: World = { home, cloud, operator, figures, gate, seed, chaos, shared, isOver };

  const sampler = startSampler(home);
  const writers = names("w", options.writers);
  const [written, peers, planted] = await Promise.all([
    Promise.all(writers.map((name) => writeOn(world, name))),
    Promise.all(pythons.map((python, at) => drive(world, python, `python${at}`))),
    chaos ? plantLocks(home, createRandom(seed, "locks"), isOver) : 0,
    ...names("reader", options.readers).map((name) => readOn(world, name)),
  ]);
  await operator.settle();
  // The last writer takes away what killed ones left.
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
