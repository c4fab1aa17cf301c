import { isAlias, isMap, isNode, isPair, isScalar, isSeq, Scalar, YAMLSeq } from "yaml";
import type { Node, Pair, ScalarTag, YAMLMap } from "yaml";
import { isMergeKey, sourceOf, startOf } from "./document.ts";
import type { Source } from "./document.ts";
import { quoteSingle, writeScalar } from "./scalar.ts";

/** Aliases of aliases multiply; nobody's list of logins has this many nodes. */
const MAX_NODES = 200_000;

const MAY_END_FLOW_SCALAR = /[,[\]{}?:]/;

/**
 * The same document, comments and unknown keys included, with every alias and merge key replaced by what it stands
 * for and the contexts in block style, so that each value stands in one place of its own.
 */
export function normalise(source: Source): string {
  const { doc, root } = source;
  new Expansion(source).expand(root);
  root.flow = false;
  for (const pair of root.items) {
    const { key, value } = pair;
    if (!isScalar(key) || sourceOf(key) !== "contexts") continue;
    if (!isSeq(value)) pair.value = emptyList(value);
    if (!isSeq(value) || value.items.length === 0) continue;
    value.flow = false;
    for (const item of value.items) if (isMap(item) && item.items.length > 0) item.flow = false;
  }
  doc.schema.tags = doc.schema.tags.map((tag) => (tag.tag === STRING.tag ? STRING : tag));
  const text = doc.toString({ lineWidth: 0, indentSeq: false });
  const eol = /\r\n|\r|\n/.exec(source.text)?.[0] ?? "\n";
  return (source.text.startsWith("\ufeff") ? "\ufeff" : "") + text.replaceAll("\n", eol);
}

/** The library's own writer folds, re-quotes and leaves characters unescaped that PyYAML refuses. */
const STRING: ScalarTag = {
  tag: "tag:yaml.org,2002:str",
  default: true,
  identify: (value) => typeof value === "string",
  resolve: (text) => text,
  stringify: (item, { inFlow, implicitKey }) =>
    stringify(item, { inFlow: inFlow === true, isKey: implicitKey === true }),
};

function stringify(item: Scalar, { inFlow, isKey }: { inFlow: boolean; isKey: boolean }): string {
  const text = sourceOf(item);
  if (item.type === "PLAIN" && text === "") return inFlow || isKey ? "null" : "";
  if (item.type === "PLAIN" && !text.includes("\n") && !(inFlow && MAY_END_FLOW_SCALAR.test(text)))
    return text;
  const written = writeScalar(text);
  return inFlow && /^[^"']/.test(written) ? quoteSingle(text) : written;
}

class Expansion {
  readonly #source: Source;
  #nodes = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Changes the collection in place and returns it, or a copy of what an alias stands for. */
  expand(node: unknown, within: readonly Node[] = []): Node | null {
    this.#count(node);
    if (isAlias(node)) return this.#copy(node, within);
    if (isMap(node)) this.#expandMap(node, [...within, node]);
    if (isSeq(node)) node.items = node.items.map((item) => this.#expandItem(item, [...within, node]));
    if (!isMap(node) && !isSeq(node) && !isScalar(node)) return null;
    delete node.anchor;
    return node;
  }

  #expandItem(item: unknown, within: readonly Node[]): unknown {
    if (isPair(item)) this.#expandPair(item, within);
    return isPair(item) ? item : this.expand(item, within);
  }

  #expandPair(pair: Pair, within: readonly Node[]): void {
    pair.key = this.expand(pair.key, within);
    pair.value = this.expand(pair.value, within) ?? emptyScalar();
  }

  #expandMap(map: YAMLMap, within: readonly Node[]): void {
    const merge = map.items.filter((pair) => isMergeKey(pair.key));
    if (merge.length > 0) {
      const fields = [...this.#source.fieldsOf(map).values()];
      const merged = fields.filter((field) => field.merged).map(({ pair }) => pair.clone());
      keepComments(map, merge, merged);
      map.items = map.items.flatMap((pair) =>
        pair === merge[0] ? merged : merge.includes(pair) ? [] : [pair],
      );
    }
    for (const pair of map.items) this.#expandPair(pair, within);
  }

  #copy(alias: Node, within: readonly Node[]): Node | null {
    const target = this.#source.resolve(alias);
    if (!target || within.includes(target))
      throw this.#source.corrupt("an alias stands inside its own anchor", startOf(alias));
    const copy = target.clone();
    if (!isMap(copy) && !isSeq(copy) && !isScalar(copy)) return null;
    copy.commentBefore = alias.commentBefore ?? null;
    copy.comment = alias.comment ?? null;
    return this.expand(copy, [...within, target]);
  }

  #count(node: unknown): void {
    this.#nodes += 1;
    if (this.#nodes > MAX_NODES) throw this.#source.corrupt("its aliases expand to too much", startOf(node));
  }
}

/** In the place of what is as good as an empty list to Python. */
function emptyList(value: unknown): YAMLSeq {
  const list = new YAMLSeq();
  list.flow = true;
  if (isNode(value)) list.comment = value.comment ?? null;
  return list;
}

function emptyScalar(): Scalar {
  const scalar = new Scalar("");
  scalar.type = "PLAIN";
  return scalar;
}

/** Moves what was said about the merge keys to the first key that took their place, or to the end of the mapping. */
function keepComments(map: YAMLMap, merge: Pair[], merged: Pair[]): void {
  const parts = merge
    .flatMap(({ key, value }) => [key, value])
    .filter((part) => isScalar(part) || isAlias(part));
  const comments = parts.flatMap(({ commentBefore, comment }) => [commentBefore ?? [], comment ?? []].flat());
  if (comments.length === 0) return;
  const first = merged[0]?.key;
  if (isScalar(first)) first.commentBefore = comments.join("\n");
  else map.comment = [map.comment ?? [], comments].flat().join("\n");
}
