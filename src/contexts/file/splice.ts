import { isMap, isScalar, isSeq, visit } from "yaml";
import type { Pair, YAMLMap, YAMLSeq } from "yaml";
import type { Change, Put } from "./change.ts";
import { isMergeKey, startOf } from "./document.ts";
import type { Source } from "./document.ts";
import { Layout, colonEnd, endOf, hasExplicitKey, propertiesOf } from "./layout.ts";
import type { Splice } from "./layout.ts";
import { entriesOf, seen } from "./parse.ts";
import { writeScalar } from "./scalar.ts";
import { DEFAULT_CURRENT } from "./read.ts";

/** An entry of the list with its place in it. */
interface Item {
  map: YAMLMap;
  index: number;
}

const NULL = Symbol("null");
type Value = string | typeof NULL;

function write(value: Value): string {
  return value === NULL ? "null" : writeScalar(value);
}

function listOf(source: Source): { pair: Pair; list: YAMLSeq } | undefined {
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

function itemsTouched(source: Source, change: Change): Item[] {
  switch (change.kind) {
    case "use":
      return [];
    case "put":
      return itemsNamed(source, change.name, "first");
    case "remove":
      return itemsNamed(source, change.name, "all");
    case "rename":
      return itemsNamed(source, change.from, "all");
  }
}

/** Whether what the changes touch is written in block style and stands in one place only. */
export function canSplice(source: Source, changes: Change[]): boolean {
  const { root } = source;
  if (!isOrdinaryMap(root) && root.items.length > 0) return false;
  const pair = source.fieldsOf(root).get("contexts")?.pair;
  const touchesList = changes.some((change) => change.kind !== "use");
  if (touchesList && pair && !isOrdinaryList(source, pair.value)) return false;
  return changes.every((change) => {
    if (change.kind === "use") return !holdsShared(source, source.fieldsOf(root).get("current_context_name")?.pair.value);
    return itemsTouched(source, change).every(({ index }) => isOrdinaryItem(source, listOf(source)?.list, index));
  });
}

function isOrdinaryMap(map: YAMLMap): boolean {
  return map.srcToken?.type === "block-map" && !map.items.some((pair) => hasExplicitKey(pair) || isMergeKey(pair.key));
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

function dashOf(list: YAMLSeq, index: number): number {
  const token = list.srcToken?.type === "block-seq" ? list.srcToken.items[index] : undefined;
  return token?.start.find(({ type }) => type === "seq-item-ind")?.offset ?? 0;
}

/** The replacements for one change, or for several removals at once, in a source that {@link canSplice}. */
export function splicesFor(source: Source, changes: Change[]): Splice[] {
  const editor = new Editor(source);
  const [change] = changes;
  switch (change?.kind) {
    case undefined:
      return [];
    case "use":
      return editor.use(change.name);
    case "rename":
      return itemsTouched(source, change).flatMap(({ map }) => editor.set(map, { name: change.to }));
    case "remove":
      return editor.remove(changes.flatMap((one) => itemsTouched(source, one).map(({ index }) => index)));
    case "put": {
      const [item] = itemsTouched(source, change);
      return item ? editor.set(item.map, fieldsOf(change)) : editor.append(change);
    }
  }
}

function fieldsOf({ name, endpoint, token, email }: Put): Record<string, Value> {
  return { api_token: token.reveal(), email: email ?? NULL, endpoint, name };
}

class Editor {
  readonly #source: Source;
  readonly #layout: Layout;

  constructor(source: Source) {
    this.#source = source;
    this.#layout = new Layout(source.text);
  }

  use(name: string): Splice[] {
    const { root } = this.#source;
    if (root.items.length === 0) return this.#fillRoot(["contexts: []"], name);
    const pair = this.#source.fieldsOf(root).get("current_context_name")?.pair;
    if (!pair) return [this.#insertAtRootEnd([`current_context_name: ${writeScalar(name)}`])];
    return this.#differs(pair, name) ? [this.#layout.replaceValue(pair, writeScalar(name))] : [];
  }

  /** Changes the fields that differ and adds those that are missing; a missing e-mail is as good as null. */
  set(map: YAMLMap, fields: Record<string, Value>): Splice[] {
    const splices: Splice[] = [];
    const missing: string[] = [];
    const indent = " ".repeat(this.#layout.column(this.#keyStart(map)));
    for (const [key, value] of Object.entries(fields)) {
      const pair = this.#source.fieldsOf(map).get(key)?.pair;
      if (pair && this.#differs(pair, value)) splices.push(this.#layout.replaceValue(pair, write(value)));
      if (!pair && value !== NULL) missing.push(`${indent}${key}: ${write(value)}`);
    }
    if (missing.length > 0) splices.push(this.#layout.insertLines(this.#layout.lineEnd(endOf(map)), missing));
    return splices;
  }

  remove(indices: number[]): Splice[] {
    const found = listOf(this.#source);
    if (!found || indices.length === 0) return [];
    const removed = [...new Set(indices)].map((index) => this.#removeItem(found.list, index));
    if (removed.length < found.list.items.length) return removed;
    const start = propertiesOf(found.pair).at(-1);
    const end = start ? start.offset + start.source.length : colonEnd(found.pair);
    return [...removed, { start: end, end, text: " []" }];
  }

  append(change: Put): Splice[] {
    const { root } = this.#source;
    if (root.items.length === 0) return this.#fillRoot(["contexts:", ...entryLines(change, "")], DEFAULT_CURRENT);
    const indent = " ".repeat(this.#layout.column(startOf(root)));
    const found = listOf(this.#source);
    if (!found) return [this.#insertAtRootEnd(["contexts:", ...entryLines(change, "")])];
    const { list } = found;
    if (list.items.length === 0) return this.#replaceEmptyList(list, entryLines(change, indent));
    const dash = this.#layout.column(dashOf(list, 0));
    const end = this.#layout.endWithComments(endOf(list), dash);
    return [this.#layout.insertLines(end, entryLines(change, " ".repeat(dash)))];
  }

  #differs(pair: Pair, value: Value): boolean {
    const now = seen(this.#source, this.#source.resolve(pair.value));
    if (now.kind === "null") return value !== NULL && value !== "None";
    return now.kind !== "text" || now.text !== value;
  }

  /** A key's column can only be told from a key that starts its line; one after a dash counts from its own start. */
  #keyStart(map: YAMLMap): number {
    const pair = map.items.at(-1);
    const token = pair?.srcToken?.start.find(({ type }) => type === "anchor" || type === "tag");
    return token?.offset ?? startOf(pair?.key);
  }

  #removeItem(list: YAMLSeq, index: number): Splice {
    const dash = dashOf(list, index);
    const end = this.#layout.endWithComments(endOf(list.items[index]), this.#layout.column(dash));
    return { start: this.#layout.lineStart(dash), end, text: "" };
  }

  #replaceEmptyList(list: YAMLSeq, lines: string[]): Splice[] {
    const start = startOf(list);
    const spaces = /[ ]*$/.exec(this.#source.text.slice(0, start))?.[0].length ?? 0;
    const end = endOf(list);
    return [{ start: start - spaces, end, text: "" }, this.#layout.insertLines(this.#layout.lineEnd(end), lines)];
  }

  #insertAtRootEnd(lines: string[]): Splice {
    const { root } = this.#source;
    const column = this.#layout.column(startOf(root));
    const indent = " ".repeat(column);
    const end = this.#layout.endWithComments(endOf(root), column);
    return this.#layout.insertLines(end, lines.map((line) => indent + line));
  }

  #fillRoot(lines: string[], current: string): Splice[] {
    const { root } = this.#source;
    const text = [...lines, `current_context_name: ${writeScalar(current)}`].join(this.#layout.eol);
    return [{ start: startOf(root), end: endOf(root), text }];
  }
}

function entryLines(change: Put, indent: string): string[] {
  return Object.entries(fieldsOf(change)).map(([key, value], index) => `${indent}${index === 0 ? "- " : "  "}${key}: ${write(value)}`);
}
