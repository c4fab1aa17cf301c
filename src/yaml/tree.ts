import { isAlias, isMap, isScalar, isSeq, type YAMLMap } from "yaml";
import { HAS_TAG, readText, TEXT_TAG, textOf, type Value, whyRefused } from "./python-value.ts";
import type { Source } from "./document.ts";

/** Aliases of aliases multiply nodes. No list of logins has this many. */
const MAX_NODES = 200_000;

/** Other keys are ignored, so that mappings that merge one another take no more time than their text. */
const KEYS = new Set(["contexts", "current_context_name", "api_token", "email", "endpoint", "name"]);

const IS_DISPUTED =
  "stands in several merged mappings, and versions of Python's YAML take different ones; write it in the entry itself";

/** A node as PyYAML constructs it, with aliases, merge keys and repeated keys resolved. */
export interface Tree {
  /** For an alias, the node that the alias refers to. */
  node: unknown;
  /** The number of nodes, with the nodes behind each alias counted every time. */
  size: number;
  /** The keys and values of a mapping, or the items of a list. */
  parts: Tree[];
  /** The fields of a mapping as Python reads them. */
  fields: Map<string, Field>;
  /** The first node because of which Python refuses the whole file; `why` as in {@link Value}. */
  refusal: { node: unknown; why: string } | undefined;
}

export interface Field {
  key: unknown;
  value: Tree;
  /** Whether several merged mappings have this key. Versions of PyYAML then use different ones. */
  isDisputed: boolean;
}

/** The value of a field that should be a text; undefined without the field. */
export function readField({ text }: Source, field: Field | undefined): Value | undefined {
  if (!field) return undefined;
  const { node, refusal } = field.value;
  if (field.isDisputed) return { why: IS_DISPUTED };
  if (isScalar(node)) return readText(node, text.slice(node.range?.[0], node.range?.[1]));
  return node === null ? null : { why: refusal?.why ?? "is not a text; write one in quotes" };
}

/** Builds the tree of a document. Throws `CORRUPT` for an alias without an anchor, and for too many nodes. */
export class TreeBuilder {
  readonly root: Tree;
  readonly #source: Source;
  /** The value is undefined until the node is complete. */
  readonly #anchors = new Map<string, Tree | undefined>();

  constructor(source: Source) {
    this.#source = source;
    this.root = this.#build(source.root);
    if (this.root.size > MAX_NODES)
      throw source.corrupt("it is too large, or its aliases expand to too many nodes", source.root);
  }

  /** The node, or the node that an alias refers to. */
  resolve(node: unknown): unknown {
    return isAlias(node) ? this.#anchors.get(node.source)?.node : node;
  }

  #build(node: unknown): Tree {
    if (isAlias(node)) {
      const tree = this.#anchors.get(node.source);
      if (!tree) throw this.#source.corrupt("an alias has no anchor before it", node);
      return tree;
    }
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined && this.#anchors.has(anchor))
      throw this.#source.corrupt("an anchor is defined twice", node);
    if (anchor !== undefined) this.#anchors.set(anchor, undefined);
    const tree = leaf(node, this.#whyRefused(node));
    if (isMap(node)) this.#addPairs(tree, node);
    if (isSeq(node)) tree.parts = node.items.map((item) => this.#build(item));
    tree.size += tree.parts.reduce((sum, { size }) => sum + size, 0);
    tree.refusal ??= tree.parts.find(({ refusal }) => refusal)?.refusal;
    if (anchor !== undefined) this.#anchors.set(anchor, tree);
    return tree;
  }

  #whyRefused(node: unknown): string | undefined {
    if (isScalar(node)) return whyRefused(node);
    const tag = isMap(node) || isSeq(node) ? node.tag : undefined;
    if (tag === TEXT_TAG) throw this.#source.corrupt("a list or mapping has the YAML tag of a text", node);
    return tag === undefined ? undefined : HAS_TAG;
  }

  #addPairs({ parts, fields }: Tree, map: YAMLMap): void {
    const own: [name: string, field: Field][] = [];
    for (const { key, value } of map.items) {
      const scalar = this.resolve(key);
      const isMerge = isMergeKey(scalar);
      if (!isMerge) parts.push(this.#build(key));
      const part = this.#build(value);
      parts.push(part);
      if (isMerge) merge(part, { parts, fields, key });
      else if (isScalar(scalar)) own.push([textOf(scalar), { key, value: part, isDisputed: false }]);
      else parts.push(leaf(key, "is a key and not a text; quote it"));
    }
    // A key of the mapping itself overrides a merged one, wherever it stands.
    for (const [name, field] of own) if (KEYS.has(name)) fields.set(name, field);
  }
}

function merge(value: Tree, { parts, fields, key }: Pick<Tree, "parts" | "fields"> & { key: unknown }): void {
  for (const from of isSeq(value.node) ? value.parts : [value]) {
    if (!isMap(from.node)) parts.push(leaf(key, "merges what is not a mapping; correct it"));
    for (const [name, field] of from.fields) {
      const before = fields.get(name) ?? field;
      const isDisputed = field.isDisputed || before.isDisputed || before.key !== field.key;
      fields.set(name, { ...field, isDisputed });
    }
  }
}

function leaf(node: unknown, why?: string): Tree {
  const refusal = why === undefined ? undefined : { node, why };
  return { node, size: 1, parts: [], fields: new Map(), refusal };
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === "PLAIN" && key.tag === undefined && key.source === "<<";
}
