import { isMap, isScalar, isSeq, visit } from "yaml";
import type { Pair, YAMLMap, YAMLSeq } from "yaml";
import { type Change, namesIn, separateNames } from "./change.ts";
import { seen } from "./construct.ts";
import { isMergeKey, startOf } from "./document.ts";
import type { Source } from "./document.ts";
import { Layout, endOf, hasExplicitKey } from "./layout.ts";
import { modelOf } from "./model.ts";
import { entriesOf, parseContexts } from "./parse.ts";

/** An entry of the list with its place in it. */
export interface Item {
  map: YAMLMap;
  index: number;
  name: string;
}

export function listOf(source: Source): { pair: Pair; list: YAMLSeq } | undefined {
  const pair = source.fieldsOf(source.root).get("contexts")?.pair;
  return pair && isSeq(pair.value) ? { pair, list: pair.value } : undefined;
}

function itemsNamed(source: Source, names: Set<string>): Item[] {
  return entriesOf(source).flatMap((map, index) => {
    const field = source.fieldsOf(map).get("name");
    if (!field) return [];
    const name = seen(source, field.value).text;
    return names.has(name) ? [{ map, index, name }] : [];
  });
}

function firstOfEach(items: Item[]): Item[] {
  const seen = new Set<string>();
  return items.filter(({ name }) => !seen.has(name) && seen.add(name));
}

/** The entries that one change, or several at once, are about. */
export function itemsTouched(source: Source, batch: Change[]): Item[] {
  const [change] = batch;
  switch (change?.kind) {
    case undefined:
    case "use":
      return [];
    case "put":
      return firstOfEach(itemsNamed(source, namesIn(batch)));
    case "remove":
      return itemsNamed(source, namesIn(batch));
    case "rename":
      return itemsNamed(source, new Set([change.from]));
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
  const { contexts } = modelOf(parseContexts(source.text));
  const names = separateNames(contexts);
  return named.flatMap((item, index) => {
    const name = names[index];
    return name === contexts[index]?.name
      ? []
      : [{ item: { ...item, name: contexts[index]?.name ?? "" }, name }];
  });
}

/** Whether what one change, or several at once, touch is written in block style and stands in one place only. */
export function canSplice(source: Source, batch: Change[]): boolean {
  const { root } = source;
  if (!isOrdinaryMap(root) && root.items.length > 0) return false;
  const fields = source.fieldsOf(root);
  if (batch[0]?.kind === "use") return !holdsShared(source, fields.get("current_context_name")?.pair.value);
  const pair = fields.get("contexts")?.pair;
  if (pair && !isOrdinaryList(source, pair.value)) return false;
  const list = listOf(source)?.list;
  return itemsTouched(source, batch).every(({ index }) => isOrdinaryItem(source, list, index));
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
