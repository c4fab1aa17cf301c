import { CST } from "yaml";

/** The longest key in which PyYAML finds the colon. */
const MAX_KEY = 1024;

const NAME_OF_ANCHOR = /^[&*][\w-]+$/;
const DIRECTIVE = /^%YAML +1\.\d+$/;
const NEEDS_QUOTES_IN_FLOW = /^:|\?/;
/** The package reads this as a blank, PyYAML as a line break. */
const LOST_LINE = /(?<!\\)(?:\\\\)*\\\n[ \t]*\n/;
const TAKES_TABS = new Set(["block", "comment", "single-quoted-scalar", "double-quoted-scalar"]);
const PROPERTIES = new Set(["tag", "anchor", "alias"]);
const KEYS = new Set(["plain", "alias", "single-quoted-scalar", "double-quoted-scalar"]);

/**
 * Finds what PyYAML's scanner refuses and the lexer of the YAML package accepts: the lexer reads YAML 1.2, which allows
 * tabs, keys and names that YAML 1.1 forbids.
 */
export class LexemeCheck {
  /** The start of the last lexeme that was checked. */
  offset = 0;
  #end = 0;
  /** The type of the next lexeme, if the lexer announced it. */
  #content: "plain" | "block" | undefined;
  #isBlock = false;
  #before = "";
  /** Where each open bracket stands. */
  readonly #open: number[] = [];
  /** Whether the lexeme before may be a key if a colon follows on this line. */
  #isKey = false;
  #mayHaveDirective = true;

  /** Why PyYAML refuses the next lexeme; undefined when PyYAML accepts it. */
  next(lexeme: string): string | undefined {
    const type = this.#content ?? CST.tokenType(lexeme) ?? "";
    this.#content = undefined;
    if (lexeme === CST.DOCUMENT) this.#mayHaveDirective = false;
    if (lexeme === CST.SCALAR) {
      this.#content = this.#isBlock ? "block" : "plain";
      this.#isBlock = false;
    }
    if (lexeme === CST.DOCUMENT || lexeme === CST.SCALAR || lexeme === "") return undefined;
    this.offset = this.#end;
    this.#end += lexeme.length;
    const why = this.#refuse(type, lexeme);
    this.#isBlock ||= type === "block-scalar-header";
    this.#mayHaveDirective &&= type !== "directive-line";
    if (type.startsWith("flow-") && type.endsWith("start")) this.#open.push(this.offset);
    else if (type.startsWith("flow-")) this.#open.pop();
    if (type !== "space") this.#isKey = KEYS.has(type) && lexeme.length <= MAX_KEY && !lexeme.includes("\n");
    this.#before = type;
    return why;
  }

  /** Why PyYAML refuses the end of the text. */
  end(): string | undefined {
    this.offset = this.#open.at(-1) ?? this.#end;
    return this.#open.length > 0 ? "this bracket is not closed" : undefined;
  }

  #refuse(type: string, lexeme: string): string | undefined {
    if (lexeme.includes("\t") && !TAKES_TABS.has(type))
      return "a tab stands outside quotes, where Python cannot read one,";
    const end = this.#before === "tag" ? /^[ \n]/ : /^[ \n,\]}]/;
    if (PROPERTIES.has(this.#before) && !end.test(lexeme))
      return "a YAML tag or anchor has no end that Python sees,";
    switch (type) {
      case "flow-error-end":
        this.offset = this.#open.at(-1) ?? this.offset;
        return "this bracket is not closed, or what stands in it is not indented,";
      case "anchor":
      case "alias":
        return NAME_OF_ANCHOR.test(lexeme) ? undefined : "an anchor has a name that Python cannot read";
      case "plain":
        return this.#open.length > 0 && NEEDS_QUOTES_IN_FLOW.test(lexeme)
          ? "a text in brackets needs quotes"
          : undefined;
      case "single-quoted-scalar":
      case "double-quoted-scalar":
        if (type.startsWith("double") && LOST_LINE.test(lexeme))
          return "an empty line follows one that ends in a backslash,";
        return isClosed(lexeme) ? undefined : "a quote is not closed";
      case "explicit-key-ind":
        return "a key is marked by a question mark, instead of by a colon behind it,";
      case "map-value-ind":
        return this.#isKey ? undefined : "it is not `key: value` with the right indentation";
      case "block-scalar-header":
        return /\d/.test(lexeme) ? "the indentation of a text is given as a number" : undefined;
      case "directive-line":
        if (this.#mayHaveDirective && DIRECTIVE.test(lexeme)) return undefined;
        return "a YAML directive stands where Python cannot read one,";
      default:
        return undefined;
    }
  }
}

/** Needed because the package reads an escaped quote at the end of the text as a closing quote. */
function isClosed(quoted: string): boolean {
  const escape = quoted.startsWith("'") ? "'" : "\\";
  let at = quoted.length - 2;
  while (at > 0 && quoted[at] === escape) at -= 1;
  return quoted.length > 1 && quoted.at(-1) === quoted[0] && (quoted.length - at) % 2 === 0;
}
