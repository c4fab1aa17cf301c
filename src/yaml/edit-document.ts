import { isAlias, isNode, isScalar, Pair, Scalar, visit, YAMLSeq } from "yaml";
import type { Node, ScalarTag, ToStringOptions, YAMLMap } from "yaml";
import { changesIn, type Fields, fieldsOf, type Target } from "./change.ts";
import { textOf } from "./python-value.ts";
import type { ContextsFile } from "./contexts-file.ts";
import { Source } from "./document.ts";
import { readEntries } from "./read-document.ts";
import { quoteDouble, writeScalar } from "./scalar.ts";
import { TreeBuilder } from "./tree.ts";

/**
 * The editor for files that the fast reader declines. Changes the nodes of the document and writes the whole document
 * with its comments, unknown keys and order. The caller has to check that the result reads back as intended.
 */
export function editDocument(text: string, file: ContextsFile, { entries, current }: Target): string {
  const editor = new DocumentEditor(new Source(text, writerFor));
  editor.setEntries(file, entries);
  if (current !== undefined) editor.setCurrent(current);
  const written = editor.source.doc.toString(styleOf(text));
  const eol = /\r\n|\r|\n/.exec(text)?.[0] ?? "\n";
  return (text.startsWith("\ufeff") ? "\ufeff" : "") + written.replaceAll("\n", eol);
}

/** Keeps the parts of the layout for which the package has options: indented dashes, blanks in brackets, long lines. */
function styleOf(text: string): ToStringOptions {
  return {
    indentSeq: /^ +-\s/m.test(text),
    flowCollectionPadding: /[[{] /.test(text),
    lineWidth: /[[{].{80}/.test(text) ? 0 : 80,
  };
}

/**
 * Writes a one-line scalar as it was written, and any other scalar on one line. The package's own writer would fold it,
 * quote it differently, and leave characters unescaped that PyYAML refuses.
 */
function writerFor(text: string): ScalarTag {
  return {
    tag: "tag:yaml.org,2002:str",
    default: true,
    identify: (value) => typeof value === "string",
    resolve: (value) => value,
    stringify(scalar, { inFlow }) {
      const value = textOf(scalar);
      const written = scalar.range ? text.slice(scalar.range[0], scalar.range[1]) : value;
      const isPlain = scalar.type === "PLAIN";
      // The copy of an aliased scalar may come from outside brackets, where more characters need no quotes.
      if (isPlain && inFlow && /[,[\]{}?]|^:/.test(value)) return quoteDouble(value);
      if (scalar.type && !written.includes("\n")) return written;
      if (isPlain && !value.includes("\n")) return value;
      return inFlow || scalar.type ? quoteDouble(value) : writeScalar(value);
    },
  };
}

class DocumentEditor {
  readonly source: Source;
  readonly #tree: TreeBuilder;

  constructor(source: Source) {
    this.source = source;
    this.#tree = new TreeBuilder(source);
  }

  setCurrent(name: string | null): void {
    const { root } = this.source;
    const key = "current_context_name";
    if (name !== null) return this.#setField(root, key, name);
    const gone = root.items.filter((pair) => this.#keyOf(pair) === key);
    for (const part of gone.flatMap((pair) => [pair.key, pair.value])) if (isNode(part)) this.#release(part);
    root.items = root.items.filter((pair) => !gone.includes(pair));
  }

  setEntries({ contexts }: ContextsFile, entries: Target["entries"]): void {
    const wanted = new Map(entries.map(({ from, fields }) => [from, fields]));
    /** The index of each context's item. Entries that are left out have no context and stay as they are. */
    const items = readEntries(this.source, this.#tree.root).flatMap(({ context }, index) =>
      context ? index : [],
    );
    for (const [from, context] of [...contexts.entries()].toReversed()) {
      const fields = wanted.get(from);
      const changes = fields && changesIn(fieldsOf(context), fields);
      if (!changes) this.#remove(items[from] ?? 0);
      else if (changes.length > 0) this.#set(items[from] ?? 0, changes);
    }
    for (const { from, fields } of entries) if (from === undefined) this.#append(fields);
  }

  #set(index: number, changes: ReturnType<typeof changesIn>): void {
    const { items } = this.#list();
    const item = items[index];
    const map = (isAlias(item) ? this.#copy(item) : item) as YAMLMap;
    items[index] = map;
    this.#release(map);
    for (const [key, value] of changes) this.#setField(map, key, value);
  }

  #setField(map: YAMLMap, key: string, value: string | null): void {
    const scalar = newScalar(value);
    const pair = map.items.findLast((one) => this.#keyOf(one) === key);
    if (!pair) map.items.push(new Pair(new Scalar(key), scalar));
    else {
      if (isNode(pair.value)) {
        this.#release(pair.value);
        scalar.comment = pair.value.comment ?? null;
        scalar.commentBefore = pair.value.commentBefore ?? null;
      }
      pair.value = scalar;
    }
  }

  #append(entry: Fields): void {
    const list = this.#list();
    if (list.items.length === 0 && !this.source.root.flow) list.flow = false;
    list.items.push(this.source.doc.createNode({ ...entry, email: newScalar(entry.email) }));
  }

  #remove(index: number): void {
    const list = this.#list();
    const [removed] = list.items.splice(index, 1) as [Node];
    this.#release(removed);
    // Keep the comments above and after an entry, because they may be about other entries.
    const heir = list.items[index] as Node | undefined;
    if (heir) heir.commentBefore = join(removed.commentBefore, removed.comment, heir.commentBefore);
    else list.comment = join(removed.commentBefore, removed.comment, list.comment);
    if (list.items.length === 0) list.flow = true;
  }

  /** The list of contexts in the root. Creates a missing list, and replaces an alias with a copy. */
  #list(): YAMLSeq {
    const { doc, root } = this.source;
    const pair = root.items.findLast((one) => this.#keyOf(one) === "contexts");
    if (!pair && this.#tree.root.fields.has("contexts"))
      throw this.source.corrupt("the list of contexts comes from a merge and cannot be changed", root);
    const list = pair ? pair.value : new YAMLSeq(doc.schema);
    if (root.items.length === 0) root.flow = false;
    if (!pair) root.set("contexts", list);
    if (!pair || !isAlias(list)) return list as YAMLSeq;
    return (pair.value = this.#copy(list)) as YAMLSeq;
  }

  #keyOf({ key }: Pair): string | undefined {
    const scalar = this.#tree.resolve(key);
    return isScalar(scalar) ? textOf(scalar) : undefined;
  }

  /** Call before a node changes: replaces every alias of the node, or of a part of it, with a copy. */
  #release(node: Node): void {
    const anchors = new Set<string>();
    visit(node, { Value: (_key, { anchor }) => void (anchor !== undefined && anchors.add(anchor)) });
    if (anchors.size === 0) return;
    visit(this.source.doc, {
      Alias: (_key, alias) => (anchors.has(alias.source) ? this.#copy(alias) : undefined),
    });
  }

  #copy(alias: Node): Node {
    const copy = (this.#tree.resolve(alias) as Node).clone() as Node;
    visit(copy, { Value: (_key, node) => void delete node.anchor });
    copy.comment = alias.comment ?? null;
    copy.commentBefore = alias.commentBefore ?? null;
    return copy;
  }
}

function newScalar(value: string | null): Scalar {
  const scalar = new Scalar(value ?? "null");
  if (value === null) scalar.type = "PLAIN";
  return scalar;
}

function join(...comments: (string | null | undefined)[]): string | null {
  return comments.filter(Boolean).join("\n") || null;
}
