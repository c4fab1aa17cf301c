import type { Pair, YAMLMap, YAMLSeq } from "yaml";
import { type Change, type Put, putsIn } from "./change.ts";
import { seen } from "./construct.ts";
import { startOf } from "./document.ts";
import type { Source } from "./document.ts";
import { type Fields, entryLines, fieldsOf, writeField, writeValue } from "./entry.ts";
import { dashOf, itemsTouched, listOf, separated } from "./items.ts";
import { Layout, colonEnd, endOf, propertiesOf } from "./layout.ts";
import type { Splice } from "./layout.ts";
import { DEFAULT_CURRENT } from "./fast.ts";

/** The replacements for one change, or for several at once, in a source for which `canSplice` holds. */
export function splicesFor(source: Source, batch: Change[]): Splice[] {
  const editor = new Editor(source);
  const [change] = batch;
  switch (change?.kind) {
    case undefined:
      return [];
    case "use":
      return editor.use(change.name);
    case "rename":
      return itemsTouched(source, batch).flatMap(({ map }) => editor.set(map, { name: change.to }));
    case "remove":
      return editor.remove(itemsTouched(source, batch).map(({ index }) => index));
    case "separate":
      return editor.separate();
    case "put": {
      const there = new Map(itemsTouched(source, batch).map((item) => [item.name, item]));
      const added: Put[] = [];
      const splices = putsIn(batch).flatMap((put) => {
        const item = there.get(put.name);
        if (item) return editor.set(item.map, fieldsOf(put));
        added.push(put);
        return [];
      });
      return added.length === 0 ? splices : [...splices, ...editor.append(added)];
    }
  }
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
    if (!pair) return [this.#insertAtRootEnd([writeField("current_context_name", name)])];
    return this.#differs(pair, name) ? [this.#layout.replaceValue(pair, writeValue(name))] : [];
  }

  /** Changes the fields that differ and adds those that are missing; a missing e-mail is as good as null. */
  set(map: YAMLMap, fields: Fields): Splice[] {
    const splices: Splice[] = [];
    const missing: string[] = [];
    const indent = " ".repeat(this.#layout.column(this.#keyStart(map)));
    for (const [key, value] of Object.entries(fields)) {
      const pair = this.#source.fieldsOf(map).get(key)?.pair;
      if (pair && this.#differs(pair, value))
        splices.push(this.#layout.replaceValue(pair, writeValue(value)));
      if (!pair && value !== null) missing.push(indent + writeField(key, value));
    }
    if (missing.length > 0) splices.push(this.#layout.insertLines(this.#layout.lineEnd(endOf(map)), missing));
    return splices;
  }

  remove(indices: number[]): Splice[] {
    const found = listOf(this.#source);
    if (!found || indices.length === 0) return [];
    const removed = indices.map((index) => this.#removeItem(found.list, index));
    if (removed.length < found.list.items.length) return removed;
    const start = propertiesOf(found.pair).at(-1);
    const end = start ? start.offset + start.source.length : colonEnd(found.pair);
    return [...removed, { start: end, end, text: " []" }];
  }

  separate(): Splice[] {
    const found = separated(this.#source);
    const gone = found.filter(({ name }) => name === undefined).map(({ item }) => item.index);
    const renamed = found.flatMap(({ item, name }) =>
      name === undefined ? [] : this.set(item.map, { name }),
    );
    return [...this.remove(gone), ...renamed];
  }

  append(changes: Put[]): Splice[] {
    const { root } = this.#source;
    if (root.items.length === 0)
      return this.#fillRoot(["contexts:", ...entryLines(changes, "")], DEFAULT_CURRENT);
    const indent = " ".repeat(this.#layout.column(startOf(root)));
    const found = listOf(this.#source);
    if (!found) return [this.#insertAtRootEnd(["contexts:", ...entryLines(changes, "")])];
    const { list } = found;
    if (list.items.length === 0) return this.#replaceEmptyList(list, entryLines(changes, indent));
    const dash = this.#layout.column(dashOf(list, 0));
    const end = this.#layout.endWithComments(endOf(list), dash);
    return [this.#layout.insertLines(end, entryLines(changes, " ".repeat(dash)))];
  }

  #differs(pair: Pair, value: string | null): boolean {
    const now = seen(this.#source, this.#source.resolve(pair.value));
    if (now.kind === "null") return value !== null;
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
    return [
      { start: start - spaces, end, text: "" },
      this.#layout.insertLines(this.#layout.lineEnd(end), lines),
    ];
  }

  #insertAtRootEnd(lines: string[]): Splice {
    const { root } = this.#source;
    const column = this.#layout.column(startOf(root));
    const indent = " ".repeat(column);
    const end = this.#layout.endWithComments(endOf(root), column);
    return this.#layout.insertLines(
      end,
      lines.map((line) => indent + line),
    );
  }

  #fillRoot(lines: string[], current: string): Splice[] {
    const { root } = this.#source;
    const text = [...lines, writeField("current_context_name", current)].join(this.#layout.eol);
    return [{ start: startOf(root), end: endOf(root), text }];
  }
}
