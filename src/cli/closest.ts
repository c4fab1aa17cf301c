/** In a word of this length or more, two mistakes still leave no doubt what was meant. */
const LONG = 8;

/**
 * The candidate that a mistyped word most likely means: the nearest one, or the only one that begins with the word, which
 * also decides between equally near ones. Undefined when none is that close, or several are equally close.
 */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const typed = word.toLowerCase();
  const limit = typed.length < 2 ? 0 : typed.length < LONG ? 1 : 2;
  const unique = [...new Set(candidates)];
  const near = unique
    .filter(({ length }) => Math.abs(length - typed.length) <= limit)
    .map((candidate) => ({ candidate, edits: countEdits(typed, candidate.toLowerCase()) }));
  const fewest = Math.min(limit, ...near.map(({ edits }) => edits));
  const best = near.filter(({ edits }) => edits === fewest);
  if (best.length === 1) return best[0]!.candidate;
  const longer = typed === "" ? [] : unique.filter((one) => one.toLowerCase().startsWith(typed));
  const isNear = best.length === 0 || best.some(({ candidate }) => candidate === longer[0]);
  return longer.length === 1 && isNear ? longer[0] : undefined;
}

/** Wrong, missing and extra letters, and neighbours that changed places. No maintained library counts such a swap as one. */
function countEdits(from: string, to: string): number {
  let older: number[] = [];
  let old = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const next = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const wrong = old[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = row > 1 && column > 1 && isSwap ? older[column - 2]! + 1 : wrong;
      next.push(Math.min(old[column]! + 1, next[column - 1]! + 1, wrong, swapped));
    }
    [older, old] = [old, next];
  }
  return old[to.length]!;
}
