import type { PeerWork, World } from "./actors.ts";
import { type Contexts, contextsIn, contextsOf, isSame, missingFrom } from "./contexts.ts";
import { GAVE_UP, LOSSES } from "./operator.ts";
import type { PeerWrite } from "./peers.ts";
import { type BadState, isCausedByPeer } from "./sampler.ts";

/** The contexts that each writer of ours must still have, by its name; what Python did; and the bad states of the file. */
export interface Outcome {
  written: ReadonlyMap<string, Contexts>;
  peers: readonly PeerWork[];
  bad: readonly BadState[];
}

/** The part of all commands that may give up waiting. */
const MOST_GIVEN_UP = 0.02;

export function judge(world: World, { written, peers, bad }: Outcome): void {
  const { figures, home } = world;
  judgeStates(world, bad, peers);
  if (figures.counted(GAVE_UP) > MOST_GIVEN_UP * figures.runs) figures.breaks(`too many ${GAVE_UP}`);
  // Without Python, only commands of ours remove contexts.
  if (!world.hasPython && figures.counted(LOSSES) > 0) figures.breaks(`${LOSSES} although only we wrote`);
  const left = home.tree().filter((line) => /\.tmp |\/lock(\.[0-9a-f]{8})? /.test(line));
  if (left.length > 0) figures.breaks(`left over: ${left.join(", ")}`);
  try {
    judgeContexts(world, contextsIn(home), { written, peers });
  } catch (error) {
    figures.breaks(`the file is broken in the end: ${String(error).split("\n")[0]}`);
  }
}

function judgeContexts(
  { figures, hasPython }: World,
  found: Contexts,
  { written, peers }: Pick<Outcome, "written" | "peers">,
): void {
  const tokens = new Set(found.values());
  for (const [writer, wanted] of written) {
    figures.count("logins that must be there in the end", wanted.size);
    const elsewhere = missingFrom(found, wanted);
    // Every login has a token of its own, so a login that is there under an earlier name is not lost.
    const lost = elsewhere.filter((name) => !tokens.has(wanted.get(name)!));
    figures.count("of them lost without a word", lost.length);
    figures.count("of them under an earlier name, which Python wrote back", elsewhere.length - lost.length);
    const described = lost.map(
      (name) => `${name}${found.has(name) ? ", in whose place another login is" : ""}`,
    );
    if (lost.length > 0) figures.breaks(`lost without a word: ${described.join("; ")}`);
    // Only Python may undo a removal or a rename.
    else if (!hasPython && !isSame(contextsOf(found, writer), wanted))
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
  const ours = bad.filter((state) => !isCausedByPeer(state, writes));
  const samplesOf = (states: readonly BadState[]) => states.reduce((sum, { samples }) => sum + samples, 0);
  figures.count("of them incomplete because of Python", samplesOf(bad) - samplesOf(ours));
  figures.count("of them incomplete because of us", samplesOf(ours));
  for (const state of ours) {
    const sameInode = writes.filter(({ inode }) => inode === state.inode || inode === null);
    const near = sameInode.toSorted((a, b) => distance(a, state) - distance(b, state)).slice(0, 2);
    figures.breaks(
      `the file was incomplete, and not because of Python: ${JSON.stringify({ ...state, near })}`,
    );
  }
}
