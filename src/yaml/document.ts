import { isAlias, isMap, isScalar, isSeq, LineCounter, visit } from "yaml";
import type { Alias, Document, Node, Pair, Scalar, YAMLMap } from "yaml";
import { CliError } from "../errors.ts";
import { compose } from "./compose.ts";
import { refuseLexemes } from "./lexemes.ts";
import { refuseCharacters, refuseNodes } from "./strict.ts";
import type { Refusal } from "./strict.ts";

/** One key of a mapping as Python ends up with it: the last of its name, or what a merge brought in. */
export interface Field {
  pair: Pair;
  value: Node | null;
  merged: boolean;
}

interface Place {
  line: number;
  column: number;
}

const PHRASES = new Map([
  ["TAB_AS_INDENT", "a tab is used as indentation"],
  ["BAD_INDENT", "the indentation is wrong"],
  ["BAD_DQ_ESCAPE", "a double-quoted text has an unknown escape"],
  ["RESOURCE_EXHAUSTION", "the nesting is too deep"],
]);

/** The text of a contexts file as a YAML document that PyYAML can read too. */
export class Source {
  readonly text: string;
  readonly doc: Document.Parsed;
  readonly root: YAMLMap;
  /** Anchors that some alias refers to, so that their nodes stand in more than one place. */
  readonly shared = new Set<string>();
  readonly #lines = new LineCounter();
  readonly #anchors = new Map<string, Node>();
  readonly #fields = new Map<YAMLMap, Map<string, Field> | undefined>();

  /** Throws `CORRUPT`, with line and column, for text that is no mapping in YAML that Python reads too. */
  constructor(text: string) {
    this.text = text;
    this.#refuse(refuseCharacters(text));
    // A carriage return alone ends a line in Python's text files. Same length, so that offsets stay true.
    const composed = compose(text.replace(/\r(?!\n)/g, "\n"), this.#lines);
    this.doc = composed.doc;
    const error = this.doc.errors.find(({ code, pos }) => !isToleratedByPython(code, text, pos[0]));
    this.doc.errors = [];
    if (error) throw this.corrupt(PHRASES.get(error.code) ?? "it is not valid YAML", error.pos[0]);
    if (composed.second !== undefined)
      throw this.corrupt("there is more than one YAML document", composed.second);
    this.#refuse(refuseLexemes(composed.lexemes) ?? refuseNodes(composed, text));
    this.#indexAnchors();
    const root: unknown = this.doc.contents;
    if (!isMap(root))
      throw this.corrupt(
        "it is empty or not a mapping",
        isScalar(root) && root.range && root.source ? root.range[0] : 0,
      );
    this.root = root;
  }

  /** An error that says where, in tokens of YAML and never with a piece of the file. */
  corrupt(message: string, offset: number): CliError {
    const { line, column } = this.placeOf(offset);
    return new CliError("CORRUPT", `${message} at line ${line}, column ${column}`);
  }

  placeOf(offset: number): Place {
    const before = this.text.slice(0, offset).split(/\r\n|\r|\n/);
    return { line: before.length, column: (before.at(-1) ?? "").replace(/^\ufeff/, "").length + 1 };
  }

  /** 1-based. */
  lineOf(node: unknown): number {
    return Math.max(1, this.#lines.linePos(startOf(node)).line);
  }

  /** The node itself, or the one that an alias stands for. */
  resolve(node: unknown): Node | null {
    const found = isAlias(node) ? this.#anchors.get(node.source) : node;
    return isMap(found) || isSeq(found) || isScalar(found) ? found : null;
  }

  /** The keys of a mapping with duplicates and merge keys settled the way PyYAML settles them. */
  fieldsOf(map: YAMLMap): Map<string, Field> {
    const known = this.#fields.get(map);
    if (known) return known;
    if (this.#fields.has(map)) throw this.corrupt("a merge key refers to its own mapping", startOf(map));
    this.#fields.set(map, undefined);
    const merged = new Map<string, Field>();
    const own = new Map<string, Field>();
    for (const pair of map.items) {
      const key = this.resolve(pair.key);
      if (isMergeKey(key)) {
        for (const [name, field] of this.#mergedFields(pair)) merged.set(name, { ...field, merged: true });
      } else if (isScalar(key)) {
        own.set(sourceOf(key), { pair, value: this.resolve(pair.value), merged: false });
      }
    }
    const fields = new Map([...merged, ...own]);
    this.#fields.set(map, fields);
    return fields;
  }

  /** Of several merged mappings the first wins, hence the reversal. */
  #mergedFields(pair: Pair): [string, Field][] {
    const value = this.resolve(pair.value);
    const maps = isSeq(value) ? value.items.map((item) => this.resolve(item)).reverse() : [value];
    return maps.flatMap((map) => {
      if (!isMap(map)) throw this.corrupt("a merge key has a value that is not a mapping", startOf(pair.key));
      return [...this.fieldsOf(map)];
    });
  }

  #refuse(refusal: Refusal | undefined): void {
    if (refusal) throw this.corrupt(refusal.message, refusal.offset);
  }

  #indexAnchors(): void {
    if (!/[&*]/.test(this.text)) return;
    visit(this.doc, {
      Node: (_key, node) => {
        if (node.anchor === undefined) return;
        if (this.#anchors.has(node.anchor)) throw this.corrupt("an anchor is defined twice", startOf(node));
        this.#anchors.set(node.anchor, node);
      },
      Alias: (_key, alias) => this.#checkAlias(alias),
    });
  }

  #checkAlias(alias: Alias): void {
    this.shared.add(alias.source);
    if (!this.#anchors.has(alias.source))
      throw this.corrupt("an alias has no anchor before it", startOf(alias));
  }
}

/** PyYAML takes a comment right behind quotes and brackets. */
function isToleratedByPython(code: string, text: string, offset: number): boolean {
  return code === "MISSING_CHAR" && /^["'\]},[{]#/.test(text.slice(offset - 1, offset + 1));
}

export function startOf(node: unknown): number {
  return (isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)) && node.range ? node.range[0] : 0;
}

export function sourceOf(scalar: Scalar): string {
  return scalar.source ?? String(scalar.value ?? "");
}

export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.type === "PLAIN" && key.tag === undefined && key.source === "<<";
}
