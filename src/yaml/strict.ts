import { isAlias, isCollection, isNode, isScalar, visit } from "yaml";
import type { Node, Pair } from "yaml";
import type { Composed } from "./compose.ts";

/** Something that PyYAML refuses, or reads as something else, though the YAML package takes it. */
export interface Refusal {
  message: string;
  offset: number;
}

// PyYAML refuses the first kind outright, and the second are line breaks in YAML 1.1 but not in YAML 1.2.
const FORBIDDEN = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const OLD_LINE_BREAK = /[\x85\u2028\u2029]/;

const NAME_OF_ANCHOR = /^[\w-]+$/;
const FLOW_INDICATOR = /^:|\?/;
const MAX_KEY = 1024;

export function refuseCharacters(text: string): Refusal | undefined {
  const forbidden = FORBIDDEN.exec(text);
  if (forbidden) return { message: "a control character stands in it", offset: forbidden.index };
  const lineBreak = OLD_LINE_BREAK.exec(text);
  if (lineBreak) return { message: "an unusual line break stands in it unescaped", offset: lineBreak.index };
  return undefined;
}

/** What differs in keys, anchors and brackets. */
export function refuseNodes({ doc }: Composed, text: string): Refusal | undefined {
  let refusal: Refusal | undefined;
  const refuse = (message: string, offset: number) => {
    refusal = { message, offset };
    return visit.BREAK;
  };
  visit(doc, {
    Node: (_key, node, path) => {
      const offset = node.range?.[0] ?? 0;
      const anchor = isAlias(node) ? node.source : node.anchor;
      if (anchor !== undefined && !NAME_OF_ANCHOR.test(anchor))
        return refuse("an anchor has a name that Python cannot read", offset);
      const inFlow = path.some((parent) => isCollection(parent) && parent.flow);
      if (inFlow && isScalar(node) && node.type === "PLAIN" && FLOW_INDICATOR.test(rawOf(node, text)))
        return refuse("a text in brackets needs quotes", offset);
      return undefined;
    },
    Pair: (_key, pair) => {
      const place = misplacedKey(pair, text);
      return place === undefined
        ? undefined
        : refuse("a key is not one text before a colon on one line", place);
    },
  });
  return refusal;
}

/** What stands in the text for a node, without its anchor and tag. */
export function rawOf(node: Node, text: string): string {
  return text.slice(node.range?.[0], node.range?.[1]).trim();
}

/** Where a key stands that is missing, too long, on another line than its colon, or without what belongs to it. */
function misplacedKey({ key, srcToken }: Pair, text: string): number | undefined {
  const { start: before = [], sep, value } = srcToken ?? {};
  const colon = sep?.find(({ type }) => type === "map-value-ind");
  const mark = before.findIndex(({ type }) => type === "explicit-key-ind");
  if (mark !== -1) {
    const comma = before.slice(mark).find(({ type }) => type === "comma");
    return colon ? comma?.offset : (comma ?? value)?.offset;
  }
  if (!isNode(key) || !colon) return undefined;
  const property = before.find(({ type }) => type === "anchor" || type === "tag");
  const start = property?.offset ?? srcToken?.key?.offset;
  if (start === undefined) return colon.offset;
  const isOrdinary = colon.offset - start <= MAX_KEY && !/[\r\n]/.test(text.slice(start, colon.offset));
  return isOrdinary ? undefined : start;
}
