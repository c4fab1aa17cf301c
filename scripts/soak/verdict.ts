import type { PeerWork, World } from "./actors.ts";
import { type Contexts, contextsIn, contextsOf, isSame, missingFrom } from "./contexts.ts";
import { IN_VAIN } from "./operator.ts";
import type { PeerWrite } from "./peers.ts";
import { type BadState, isOfPeer } from "./sampler.ts";

/** What came out: the contexts acknowledged to each writer of ours, by its name, and what Python did. */
export interface Outcome {
  written: ReadonlyMap<string, Contexts>;
  peers: readonly PeerWork[];
  bad: readonly BadState[];
}

/** Of all commands. */
const MOST_IN_VAIN = 0.02;

export function judge(world: World, { written, peers, bad }: Outcome): void {
  const { figures, home } = world;
  judgeStates(world, bad, peers);
  if (figures.counted(IN_VAIN) > MOST_IN_VAIN * figures.runs) figures.breaks(`too many ${IN_VAIN}`);
  const left = home.tree().filter((line) => /\.tmp |\/lock(\.[0-9a-f]{8})? /.test(line));
  if (left.length > 0) figures.breaks(`left over: ${left.join(", ")}`);
  try {
    judgeContexts(world, contextsIn(home), { written, peers });
  } catch (error) {
    figures.breaks(`the file is broken in the end: ${String(error).split("\n")[0]}`);
  }
}

function judgeContexts(
  { figures, shared }: World,
  found: Contexts,
  { written, peers }: Pick<Outcome, "written" | "peers">,
): void {
  const tokens = new Set(found.values());
  for (const [writer, wanted] of written) {
    figures.count("logins that must be there in the end", wanted.size);
    const elsewhere = missingFrom(found, wanted);
    // Each login has a token of its own. One that stands there under an earlier name is not lost.
    const lost = elsewhere.filter((name) => !tokens.has(wanted.get(name)!));
    figures.count("of them lost without a word", lost.length);
    figures.count("of them under an earlier name, which Python put back", elsewhere.length - lost.length);
    if (lost.length > 0) figures.breaks(`lost without a word: ${lost.join(", ")}`);
    // Only Python may bring back what was removed or renamed.
    else if (!shared && !isSame(contextsOf(found, writer), wanted))
      figures.breaks(`changes of ${writer} were undone`);
  }
  figures.count("contexts in the file in the end", found.size);
  const saved = new Map(peers.flatMap((peer) => [...peer.saved]));
  figures.count("contexts that Python saved", saved.size);
  figures.count("of them lost or overwritten by Python", missingFrom(found, saved).length);
}

function distance({ begin }: PeerWrite, { changedAt }: BadState): number {
  return Math.abs(begin - changedAt);
}

function judgeStates({ figures }: World, bad: readonly BadState[], peers: readonly PeerWork[]): void {
  const writes = peers.flatMap((peer) => peer.writes);
  const ours = bad.filter((state) => !isOfPeer(state, writes));
  const samplesOf = (states: readonly BadState[]) => states.reduce((sum, { samples }) => sum + samples, 0);
  figures.count("of them bad through Python", samplesOf(bad) - samplesOf(ours));
  figures.count("of them bad through us", samplesOf(ours));
  for (const state of ours) {
    const same = writes.filter(({ inode }) => inode === state.inode || inode === null);
    const near = same.toSorted((a, b) => distance(a, state) - distance(b, state)).slice(0, 2);
    figures.breaks(`the file was not whole, and not through Python: ${JSON.stringify({ ...state, near })}`);
  }
}
