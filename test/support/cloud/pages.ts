import { failure, ok, type Answer, type SeenRequest } from "./answer.ts";

interface Listed<T> {
  /** All there are, oldest first. */
  own: readonly T[];
  search: string;
  toJson: (item: T) => unknown;
}

/** The part of a list that `start` and `count` ask for, newest first, in the envelope that every list has. */
export function pageOf<T extends { name: string }>(
  { query }: SeenRequest,
  { own, search, toJson }: Listed<T>,
): Answer {
  const window = { start: query["start"] || "0", count: query["count"] || "0" };
  for (const text of Object.values(window)) {
    if (!/^\d+$/.test(text))
      return failure(
        400,
        `binding error: error parsing query: strconv.ParseUint: parsing "${text}": invalid syntax`,
      );
  }
  const [start, count] = [Number(window.start), Number(window.count)];
  const found = own.filter(({ name }) => name.includes(search)).toReversed();
  const items = found.slice(start, count === 0 ? undefined : start + count);
  return ok({ start, count, total: found.length, items: items.map(toJson) });
}
