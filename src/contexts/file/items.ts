import { isMap, isScalar, isSeq, visit } from "yaml";
import type { Pair, YAMLMap, YAMLSeq } from "yaml";
import { tokenOf } from "../context.ts";
import { type Change, separateNames } from "./change.ts";
import { isMergeKey, startOf } from "./document.ts";
import type { Source } from "./document.ts";
import { Layout, endOf, hasExplicitKey } from "./layout.ts";
import { entriesOf, parseContexts, seen } from "./parse.ts";

/** An entry of the list with its place in it. */
export interface Item {
  map: YAMLMap;
  index: number;
}

export function listOf(source: Source): { pair: Pair; list: YAMLSeq } | undefined {
  const pair = source.fieldsOf(source.root).get("contexts")?.pair;
  return pair && isSeq(pair.value) ? { pair, list: pair.value } : undefined;
}

/** The entries of that name; with `"first"`, at most one. */
function itemsNamed(source: Source, name: string, which: "first" | "all"): Item[] {
  const found = entriesOf(source).flatMap((map, index) => {
    const field = source.fieldsOf(map).get("name");
    if (!field) return [];
    const value = seen(source, field.value);
    return (value.kind === "null" ? "None" : value.text) === name ? [{ map, index }] : [];
  });
  return which === "first" ? found.slice(0, 1) : found;
}

/** The entries that a change is about. */
export function itemsTouched(source: Source, change: Change): Item[] {
  switch (change.kind) {
    case "use":
      return [];
    case "put":
      return itemsNamed(source, change.name, "first");
    case "remove":
      return itemsNamed(source, change.name, "all");
    case "rename":
      return itemsNamed(source, change.from, "all");
    case "separate":
      return separated(source).map(({ item }) => item);
  }
}

/** The entries that another of their name makes change, with their new name, or undefined for one that goes. */
export function separated(source: Source): { item: Item; name: string | undefined }[] {
  // An entry without a name is none of the contexts.
  const named = entriesOf(source)
    .map((map, index) => ({ map, index }))
    .filter(({ map }) => source.fieldsOf(map).has("name"));
  const { contexts } = parseContexts(source.text);
  const names = separateNames(
    contexts.map((context) => ({ ...context, token: tokenOf(context)?.reveal() ?? "" })),
  );
  return named.flatMap((item, index) => {
    const name = names[index];
    return name === contexts[index]?.name ? [] : [{ item, name }];
  });
}

/** Whether what the changes touch is written in block style and stands in one place only. */
export function canSplice(source: Source, changes: Change[]): boolean {
  const { root } = source;
  if (!isOrdinaryMap(root) && root.items.length > 0) return false;
  const pair = source.fieldsOf(root).get("contexts")?.pair;
  const touchesList = changes.some((change) => change.kind !== "use");
  if (touchesList && pair && !isOrdinaryList(source, pair.value)) return false;
  return changes.every((change) => {
    if (change.kind === "use")
      return !holdsShared(source, source.fieldsOf(root).get("current_context_name")?.pair.value);
    return itemsTouched(source, change).every(({ index }) =>
      isOrdinaryItem(source, listOf(source)?.list, index),
    );
  });
}

function isOrdinaryMap(map: YAMLMap): boolean {
  return (
    map.srcToken?.type === "block-map" &&
    !map.items.some((pair) => hasExplicitKey(pair) || isMergeKey(pair.key))
  );
}

function isOrdinaryList(source: Source, list: unknown): boolean {
  if (!isSeq(list) || (list.anchor !== undefined && source.shared.has(list.anchor))) return false;
  if (list.srcToken?.type === "block-seq") return true;
  return list.items.length === 0 && !source.text.slice(startOf(list), endOf(list)).includes("#");
}

function isOrdinaryItem(source: Source, list: YAMLSeq | undefined, index: number): boolean {
  const item = list?.items[index];
  if (!list || !isMap(item) || !isOrdinaryMap(item) || holdsShared(source, item)) return false;
  const dash = dashOf(list, index);
  const before = source.text.slice(new Layout(source.text).lineStart(dash), dash);
  return /^\ufeff? *$/.test(before);
}

/** Whether an alias elsewhere stands for this node or a part of it. */
function holdsShared(source: Source, node: unknown): boolean {
  if (source.shared.size === 0 || (!isMap(node) && !isSeq(node) && !isScalar(node))) return false;
  let shared = false;
  visit(node, (_key, part) => {
    if ((isMap(part) || isSeq(part) || isScalar(part)) && part.anchor !== undefined) {
      shared ||= source.shared.has(part.anchor);
    }
  });
  return shared;
}

/** Where the dash of an entry stands, in a list in block style. */
export function dashOf(list: YAMLSeq, index: number): number {
  const token = list.srcToken?.type === "block-seq" ? list.srcToken.items[index] : undefined;
  return token?.start.find(({ type }) => type === "seq-item-ind")?.offset ?? 0;
}
