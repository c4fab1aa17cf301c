import { Composer, isAlias, isMap, isNode, isScalar, Lexer, LineCounter, Parser } from "yaml";
import type { CST, Document, ScalarTag, YAMLMap } from "yaml";
import { CliError } from "../errors.ts";
import { LexemeCheck } from "./lexemes.ts";

// Real lists of logins are far smaller. Larger text is refused before it costs time to parse.
const MAX_DEPTH = 100;
const MAX_LENGTH = 4 << 20;

/** PyYAML refuses most of these characters; U+0085, U+2028 and U+2029 end a line in YAML 1.1 but not in YAML 1.2. */
const FORBIDDEN = /[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;

const PHRASES = new Map([
  ["TAB_AS_INDENT", "a tab is used as indentation"],
  ["BAD_INDENT", "the indentation is wrong"],
  ["BAD_DQ_ESCAPE", "a double-quoted text has an unknown escape"],
  ["BAD_SCALAR_START", "a text that begins with a sign of YAML needs quotes"],
]);

/** The text of a contexts file, parsed as a YAML document that PyYAML can read too. */
export class Source {
  /** Without a byte order mark, and with line feeds as line ends, as Python reads text files. */
  readonly text: string;
  readonly doc: Document.Parsed;
  readonly root: YAMLMap;
  readonly #lines = new LineCounter();

  /**
   * Throws `CORRUPT`, with line and column, for text that is not a mapping or that Python could not read. Pass a writer
   * if the document will be changed and written.
   */
  constructor(text: string, writerFor?: (text: string) => ScalarTag) {
    this.text = text.replace(/^\ufeff/, "").replaceAll(/\r\n?/g, "\n");
    this.#lines.addNewLine(0);
    if (text.length > MAX_LENGTH) throw this.corrupt("it is too large for a list of logins", 0);
    for (const { index } of this.text.matchAll(/\n/g)) this.#lines.addNewLine(index + 1);
    const forbidden = FORBIDDEN.exec(this.text);
    if (forbidden)
      throw this.corrupt("it contains a control character or unusual line break", forbidden.index);
    const composer = new Composer({
      schema: "failsafe",
      resolveKnownTags: false,
      uniqueKeys: false,
      prettyErrors: false,
      ...(writerFor && { customTags: (tags) => [writerFor(this.text), ...tags] }),
    });
    const [doc, ...more] = composer.compose(this.#tokens(), true, this.text.length);
    const error = doc?.errors[0];
    if (error) throw this.corrupt(PHRASES.get(error.code) ?? "it is not valid YAML", error.pos[0]);
    // PyYAML accepts a repeated end of the document.
    const second = more.find(({ directives, contents }) => directives.docStart || !isEmpty(contents));
    if (second) throw this.corrupt("there is more than one YAML document", second.range[0]);
    if (!doc || doc.contents === null || isEmpty(doc.contents)) throw this.corrupt("it is empty", 0);
    if (!isMap(doc.contents)) throw this.corrupt("it has no `key: value` lines", doc.contents);
    if (doc.contents.tag !== undefined) throw this.corrupt("it has a YAML tag", doc.contents);
    for (const { comment } of more) doc.comment = [doc.comment, comment].filter(Boolean).join("\n");
    this.doc = doc;
    this.root = doc.contents;
  }

  /** An error with line and column. Never quotes the file, which contains tokens. */
  corrupt(message: string, place: unknown): CliError {
    const { line, col } = this.#lines.linePos(offsetOf(place));
    return new CliError("CORRUPT", `${message} at line ${line}, column ${col}`);
  }

  /** 1-based. */
  lineOf(node: unknown): number {
    return this.#lines.linePos(offsetOf(node)).line;
  }

  *#tokens(): Generator<CST.Token> {
    const parser = new Parser();
    const check = new LexemeCheck();
    for (const lexeme of new Lexer().lex(this.text)) {
      const why = check.next(lexeme);
      if (why !== undefined) throw this.corrupt(why, check.offset);
      yield* parser.next(lexeme);
      if (parser.stack.length > MAX_DEPTH) throw this.corrupt("it is nested too deeply", check.offset);
    }
    const why = check.end();
    if (why !== undefined) throw this.corrupt(why, check.offset);
    yield* parser.end();
  }
}

function offsetOf(place: unknown): number {
  if (typeof place === "number") return place;
  return isNode(place) || isAlias(place) ? (place.range?.[0] ?? 0) : 0;
}

function isEmpty(node: unknown): boolean {
  return isScalar(node) && node.type === "PLAIN" && node.source === "" && !node.anchor && !node.tag;
}
