import { isLoopback } from "../../contexts/endpoint.ts";
import { quoteWord } from "../../resolve/require.ts";
import { cap, clean, mark } from "../../system/text.ts";
import type { Hidden, Kind } from "../check.ts";
import { hideUnknown } from "./net.ts";

/** A private text with what stands for it. */
export interface Placed {
  text: string;
  as: string;
}

/** Makes the parts of a report safe to post: first what is known to be private goes, then what looks like it. */
export function createHider(all: readonly (Hidden | Placed)[]): (text: string) => string {
  const masks = new Map<string, string>();
  const counts = new Map<Kind, number>();
  const add = (text: string, mask: string) => {
    for (const form of formsOf(text)) if (!masks.has(form)) masks.set(form, mask);
  };
  const nextOf = (kind: Kind) => {
    if (!NUMBERED.has(kind)) return `<${kind}>`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
    return `<${kind} ${counts.get(kind)}>`;
  };
  for (const one of all) {
    if (isPlaced(one)) add(one.text, one.as);
    else
      for (const [kind, texts] of Object.entries(one) as [Kind, readonly string[]][]) {
        for (const parts of texts.map((text) => partsOf(kind, text))) {
          const [known] = parts.flatMap((part) => masks.get(part.toLowerCase()) ?? []);
          const mask = known ?? (parts.length > 0 ? nextOf(kind) : "");
          for (const part of parts) add(part, mask);
        }
      }
  }
  const longestFirst = [...masks.keys()].toSorted((left, right) => right.length - left.length);
  const pattern = new RegExp(longestFirst.map(toPattern).join("|") || "(?!)", "giu");
  const maskOf = (text: string) => masks.get(text.toLowerCase()) ?? "<private>";
  return (text) => hideUnknown(clean(text).replaceAll(pattern, maskOf));
}

function isPlaced(one: Hidden | Placed): one is Placed {
  return "as" in one;
}

/** Of these several are told apart by a number. */
const NUMBERED = new Set<Kind>(["context", "endpoint", "organization"]);

/** What says nothing about anyone. */
const PUBLIC = new Set(["default", "__env__"]);

/** The words by which a private thing can be called; none for what is public. */
function partsOf(kind: Kind, text: string): string[] {
  if (kind !== "endpoint") return PUBLIC.has(text) ? [] : [text];
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`);
  if (!url) return [text];
  const path = url.pathname.replace(/\/+$/, "");
  const isEverybodys = url.hostname === "cloud.bentoml.com" || isLoopback(url.href);
  if (isEverybodys) return path === "" ? [] : [text, url.origin + path];
  return [url.origin + path, text, url.origin, url.host, url.hostname.replace(/^\[(.*)\]$/, "$1")];
}

/** A text as messages may show it. */
function formsOf(text: string): string[] {
  const whole = [text, clean(text), mark(text), quoteWord(text), JSON.stringify(text).slice(1, -1)];
  const forms = [...whole, ...whole.flatMap((form) => [256, 300].map((limit) => cap(form, limit)))];
  // One letter names nobody, and stands in every sentence.
  return forms
    .map((form) => form.trim().toLowerCase())
    .filter((form) => form.length > 1 && /[\p{L}\p{N}]/u.test(form));
}

/** On the borders of words, so that a short name leaves longer words alone. */
function toPattern(text: string): string {
  const word = "[\\p{L}\\p{N}_]";
  const before = new RegExp(`^${word}`, "u").test(text) ? `(?<!${word})` : "";
  const after = new RegExp(`${word}$`, "u").test(text) ? `(?!${word})` : "";
  return before + text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&") + after;
}
