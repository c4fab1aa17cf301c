import { Composer, isScalar, Lexer, Parser } from "yaml";
import type { Document, LineCounter } from "yaml";

export interface Composed {
  doc: Document.Parsed;
  /** Every piece of the text in order, and the library's one-character marks between them. */
  lexemes: string[];
  /** Where a second document begins. */
  second: number | undefined;
}

/** The text's nodes as the YAML package sees them, in the few places where that must be as PyYAML sees them. */
export function compose(text: string, lineCounter: LineCounter): Composed {
  const lexemes = [...lenientLexer().lex(text)];
  const composer = new Composer({
    schema: "failsafe",
    resolveKnownTags: false,
    uniqueKeys: false,
    keepSourceTokens: true,
    prettyErrors: false,
  });
  const [doc, ...more] = composer.compose(parse(lexemes, lineCounter), true, text.length);
  // Another end of the document is none for PyYAML.
  const second = more.find(({ directives, contents }) => directives?.docStart || !isEmpty(contents));
  return { doc: doc as Document.Parsed, lexemes, second: second?.range[0] };
}

function isEmpty(node: unknown): boolean {
  return isScalar(node) && node.type === "PLAIN" && node.source === "" && !node.anchor && !node.tag;
}

function* parse(lexemes: string[], lineCounter: LineCounter) {
  const parser = new Parser(lineCounter.addNewLine);
  lineCounter.addNewLine(0);
  for (const lexeme of lexemes) yield* parser.next(lexeme);
  yield* parser.end();
}

const UNINDENTED = ["parseQuotedScalar", "parseFlowCollection"] as const;

type Internals = Record<(typeof UNINDENTED)[number], () => Generator<string, string>> & {
  indentNext: number;
};

/**
 * PyYAML does not care about indentation inside quotes and brackets. The library's lexer does, and has no option for it;
 * with a required indentation of 0 it looks for document markers only, as PyYAML does.
 */
function lenientLexer(): Lexer {
  const lexer = new Lexer();
  const internals = lexer as unknown as Internals;
  for (const name of UNINDENTED) {
    const strict = internals[name];
    internals[name] = function* lenient() {
      const { indentNext } = internals;
      internals.indentNext = 0;
      const next = yield* strict.call(lexer);
      internals.indentNext = indentNext;
      return next;
    };
  }
  return lexer;
}
