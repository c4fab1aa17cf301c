import { isCollection, isMap, isScalar, isSeq, visit } from "yaml";
import type { Node, Scalar } from "yaml";
import { sourceOf } from "./document.ts";
import type { Source } from "./document.ts";
import { readPlain } from "./plain.ts";
import { textRepr } from "./python.ts";
import { kindOf } from "./scalar.ts";
import type { Kind } from "./scalar.ts";
import { rawOf } from "./strict.ts";

/** What Python makes of a value where a string belongs. */
export interface Seen {
  kind:
    | "text"
    | "null"
    /** Something that Python has another text for, such as a number. */
    | "converted"
    | "collection"
    /** Python cannot construct it, and refuses the whole file. */
    | "refused";
  /** What Python takes for its text; where there is none, or we cannot tell, what stands in the file. */
  text: string;
  /** Why it is refused. */
  why?: string;
}

const CORE = "tag:yaml.org,2002:";
/** PyYAML takes this tag to mean "as if there were none", even before quotes. */
const NON_SPECIFIC = "!";
const KINDS = new Map<string, Kind>([
  ["str", "string"],
  ["null", "null"],
  ["bool", "bool"],
  ["int", "integer"],
  ["float", "float"],
  ["timestamp", "timestamp"],
]);
const TAGGED = "it has a YAML tag";

export function seen(source: Source, node: Node | null): Seen {
  if (node === null) return { kind: "null", text: "None" };
  const why = whyRefused(node);
  if (!isScalar(node)) {
    const text = reprOf(source, node) ?? rawOf(node, source.text);
    return why === undefined ? { kind: "collection", text } : { kind: "refused", text, why };
  }
  const written = sourceOf(node);
  const kind = scalarKind(node);
  const read = kind && readPlain(written, kind);
  if (!read || "refused" in read) return { kind: "refused", text: written, why: why ?? TAGGED };
  if (kind === "null") return { kind, text: read.text };
  return { kind: read.text === written ? "text" : "converted", text: read.text };
}

/**
 * The nodes because of which Python refuses the file, wherever they stand, with the reason. Throws `CORRUPT` for a merge
 * key that is none.
 */
export function refusedNodes(source: Source): Map<Node, string> {
  const refused = new Map<Node, string>();
  visit(source.doc, {
    Node: (key, node) => {
      const isReserved = key === "key" && isScalar(node) && scalarKind(node) === "indicator";
      const why = isReserved ? undefined : whyRefused(node);
      if (why !== undefined) refused.set(node, why);
      if (isMap(node)) source.fieldsOf(node);
    },
    Pair: (_key, { key }) => {
      const resolved = source.resolve(key);
      if (isCollection(resolved)) refused.set(resolved, "a list or mapping is no key");
    },
  });
  return refused;
}

/** Of a node by itself, whatever may be in it. */
function whyRefused(node: Node): string | undefined {
  if (isScalar(node)) {
    const kind = scalarKind(node);
    const read = kind && readPlain(sourceOf(node), kind);
    return read && "text" in read ? undefined : (read?.refused ?? TAGGED);
  }
  const tag = tagOf(node);
  return tag === undefined || tag === (isMap(node) ? "map" : "seq") ? undefined : TAGGED;
}

/** Undefined when it has a tag that makes it none of these. */
function scalarKind(node: Scalar): Kind | undefined {
  const tag = tagOf(node);
  if (tag !== undefined) return KINDS.get(tag);
  const isPlain = node.tag === NON_SPECIFIC || node.type === "PLAIN";
  return isPlain ? kindOf(sourceOf(node)) : "string";
}

/** Without its common beginning. */
function tagOf(node: Node): string | undefined {
  return node.tag === NON_SPECIFIC ? undefined : node.tag?.replace(CORE, "");
}

/** As in a list that is turned to text. Does not look through aliases, which may multiply without end, or lead back. */
function reprOf(source: Source, part: unknown): string | undefined {
  if (part == null) return "None";
  if (isScalar(part)) return scalarRepr(part);
  if (!isCollection(part) || whyRefused(part) !== undefined) return undefined;
  if (isSeq(part))
    return enclose(
      "[",
      "]",
      part.items.map((item) => reprOf(source, item)),
    );
  const fields = isMap(part) ? [...source.fieldsOf(part).values()] : [];
  const pairs = fields.map(({ pair }) => [reprOf(source, pair.key), reprOf(source, pair.value)]);
  return enclose(
    "{",
    "}",
    pairs.map((parts) => enclose("", "", parts, ": ")),
  );
}

function scalarRepr(node: Scalar): string | undefined {
  const kind = scalarKind(node);
  const read = kind && readPlain(sourceOf(node), kind);
  if (!read || "refused" in read || kind === "timestamp") return undefined;
  return kind === "string" ? textRepr(read.text) : read.text;
}

function enclose(
  open: string,
  close: string,
  parts: (string | undefined)[],
  separator = ", ",
): string | undefined {
  return parts.includes(undefined) ? undefined : open + parts.join(separator) + close;
}
