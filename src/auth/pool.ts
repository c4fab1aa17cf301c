/** Enough to hide the latency of a few hundred answers, few enough not to be taken for an attack. */
const PER_ORIGIN = 32;
const OVERALL = 96;

/**
 * Acts on every item, many at a time, and few of one origin: a server that does not answer keeps nobody waiting but its
 * own. Results are in the order of the items.
 */
export async function forEachOrigin<T, R>(
  items: readonly T[],
  originOf: (item: T) => string,
  act: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.map((item, index) => ({ item, index, origin: originOf(item) }));
  const running = new Map<string, number>();
  const take = () => {
    const at = waiting.findIndex(({ origin }) => (running.get(origin) ?? 0) < PER_ORIGIN);
    return at === -1 ? undefined : waiting.splice(at, 1)[0];
  };
  const work = async (): Promise<void> => {
    for (let next = take(); next; next = take()) {
      const { item, index, origin } = next;
      running.set(origin, (running.get(origin) ?? 0) + 1);
      results[index] = await act(item);
      running.set(origin, (running.get(origin) ?? 1) - 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(OVERALL, items.length) }, work));
  return results;
}
