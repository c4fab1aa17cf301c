import type { Refusal } from "./strict.ts";

type Kind = "plain" | "block" | "quoted" | "comment" | "header" | "tag" | "directive" | "other";

/** A piece of the text that YAML's lexer does not divide. */
interface Piece {
  kind: Kind;
  text: string;
  offset: number;
  /** For the content of a block scalar, what stood behind its bar or angle bracket. */
  header: string;
  inDocument: boolean;
}

const KINDS: [start: RegExp, kind: Kind][] = [
  [/^["']/, "quoted"],
  [/^#/, "comment"],
  [/^[|>]/, "header"],
  [/^!/, "tag"],
  [/^%/, "directive"],
];
const DOCUMENT_MARK = "\x02";
const CONTENT_MARK = "\x1f";
const MARKS = new Set([DOCUMENT_MARK, CONTENT_MARK, "\x18"]);
const TAKES_TABS = new Set<Kind>(["block", "quoted", "comment"]);
/** In double quotes the library makes a blank of it, PyYAML a line break. */
const LOST_LINE = /(?<!\\)(?:\\\\)*\\\r?\n[ \t]*\r?\n/;
/** Below a block scalar of a given indentation the library drops them, PyYAML keeps them. */
const LOST_BLANKS = /(?:^|\n) +[\r\n]*$/;
const DIRECTIVE = /^%(?:YAML +1\.\d+|(?!YAML\b)[\w-]+(?: .*)?)$/;

/** What PyYAML refuses in the pieces of a text that YAML 1.2 takes, or reads in another way than the library. */
export function refuseLexemes(lexemes: readonly string[]): Refusal | undefined {
  const pieces = [...piecesOf(lexemes)];
  const directives = new Set<string>();
  for (const [index, piece] of pieces.entries()) {
    const [next = "\n", afterNext = "\n"] = [pieces[index + 1]?.text, pieces[index + 2]?.text];
    const below = /^[\r\n]/.test(afterNext) ? next : "";
    const message = refusePiece(piece, { next, below, directives });
    if (message !== undefined)
      return { message, offset: piece.offset + Math.max(0, piece.text.indexOf("\t")) };
  }
  return undefined;
}

interface Around {
  next: string;
  /** The next one when it is all of its line. */
  below: string;
  /** The ones seen so far. */
  directives: Set<string>;
}

function refusePiece(piece: Piece, { next, below, directives }: Around): string | undefined {
  const { kind, text, header } = piece;
  if (text.includes("\t") && !TAKES_TABS.has(kind))
    return "a tab stands outside quotes, where Python cannot read one,";
  if (kind === "directive" && !isReadable(piece, directives))
    return "a YAML directive stands where Python cannot read one,";
  if (kind === "tag" && !/^[ \r\n]/.test(next)) return "a YAML tag has no end that Python sees,";
  if (kind === "other" && text === "\ufeff" && piece.offset > 0)
    return "a byte order mark stands below the beginning,";
  if (kind === "quoted" && !isClosed(text)) return "a quote is not closed";
  if (kind === "quoted" && text.startsWith('"') && LOST_LINE.test(text))
    return "an empty line follows one that ends in a backslash,";
  if (/\d/.test(header) && LOST_BLANKS.test(text + below)) return "blanks stand below an indented text,";
  return undefined;
}

function* piecesOf(lexemes: readonly string[]): Generator<Piece> {
  let offset = 0;
  let header = "";
  let isContent = false;
  let inDocument = false;
  for (const text of lexemes) {
    if (MARKS.has(text)) {
      isContent ||= text === CONTENT_MARK;
      inDocument ||= text === DOCUMENT_MARK;
      continue;
    }
    const start = isContent ? undefined : KINDS.find(([pattern]) => pattern.test(text))?.[1];
    const kind = isContent ? (header === "" ? "plain" : "block") : (start ?? "other");
    yield { kind, text, offset, header: kind === "block" ? header : "", inDocument };
    if (kind === "header") header = text;
    if (isContent) header = "";
    isContent = false;
    offset += text.length;
  }
}

/** The library takes an escaped quote at the end of the text for a closing one. */
function isClosed(quoted: string): boolean {
  const [escapes = ""] = (quoted.startsWith("'") ? /'*(?='$)/ : /\\*(?="$)/).exec(quoted.slice(1)) ?? [];
  return quoted.length > 1 && escapes.length % 2 === 0;
}

/** One of a kind, before the document, and about a version of YAML that PyYAML knows. */
function isReadable({ text, inDocument }: Piece, seen: Set<string>): boolean {
  const name = text.startsWith("%TAG") ? text : (/^\S+/.exec(text)?.[0] ?? "");
  const isFirst = !seen.has(name);
  seen.add(name);
  return isFirst && !inDocument && DIRECTIVE.test(text);
}
