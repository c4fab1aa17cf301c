import { isAlias, isNode, isScalar, Pair, Scalar, visit, YAMLSeq } from "yaml";
import type { Node, ScalarTag, ToStringOptions, YAMLMap } from "yaml";
import { changesIn, type Fields, fieldsOf, type Target } from "./change.ts";
import { textOf } from "./python-value.ts";
import type { ContextsFile } from "./contexts-file.ts";
import { Source } from "./document.ts";
import { readEntries } from "./parse-contexts.ts";
import { quoteDouble, writeScalar } from "./scalar.ts";
import { TreeBuilder } from "./tree.ts";

/**
 * The editor for every shape that the fast reader declines: changes the nodes of the document, and writes it anew with
 * its comments, its unknown keys and its order. Whether Python reads the result as it should is for the caller to see.
 */
export function editDocument(text: string, file: ContextsFile, { entries, current }: Target): string {
  const editor = new DocumentEditor(new Source(text, writerFor));
  editor.setEntries(file, entries);
  if (current !== undefined) editor.setCurrent(current);
  const written = editor.source.doc.toString(styleOf(text));
  const eol = /\r\n|\r|\n/.exec(text)?.[0] ?? "\n";
  return (text.startsWith("\ufeff") ? "\ufeff" : "") + written.replaceAll("\n", eol);
}

/** As much of the layout as the package can be told to keep: indented dashes, blanks in brackets, long lines. */
function styleOf(text: string): ToStringOptions {
  return {
    indentSeq: /^ +-\s/m.test(text),
    flowCollectionPadding: /[[{] /.test(text),
    lineWidth: /[[{].{80}/.test(text) ? 0 : 80,
  };
}

/**
 * Writes scalars of one line as they were written, and others on one line: the package's own writer folds, quotes
 * otherwise, and leaves characters unescaped that PyYAML refuses.
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
      // A copy of what an alias stood for may come from outside brackets.
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
    /** The item of each context: those that are left out are none, and stay as they are. */
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
    // The comments above an entry stay, and those behind it, because they may be about others.
    const heir = list.items[index] as Node | undefined;
    if (heir) heir.commentBefore = join(removed.commentBefore, removed.comment, heir.commentBefore);
    else list.comment = join(removed.commentBefore, removed.comment, list.comment);
    if (list.items.length === 0) list.flow = true;
  }

  /** The list that stands in the root, where it is made when it is missing, or stands elsewhere. */
  #list(): YAMLSeq {
    const { doc, root } = this.source;
    const pair = root.items.findLast((one) => this.#keyOf(one) === "contexts");
    if (!pair && this.#tree.root.fields.has("contexts"))
      throw this.source.corrupt(
        "a merge brings in the list of contexts, which keeps it from being changed",
        root,
      );
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

  /** Before a node changes: what refers to it, or to a part of it, is given a copy of its own. */
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
