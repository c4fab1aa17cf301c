import { readFileSync } from "node:fs";
import { join } from "node:path";
import GithubSlugger from "github-slugger";
import { marked, type Token } from "marked";

export const ROOT = join(import.meta.dirname, "../..");

export interface Block {
  language: string;
  text: string;
  /** Why the tests do not run it, from a comment above it; undefined when they do. */
  notRun: string | undefined;
}

/** A Markdown page of the repository. */
export interface Page {
  path: string;
  blocks: Block[];
  /** Where its links and pictures lead, as they are written. */
  links: string[];
  /** What a link to one of its headings has behind the `#`. */
  anchors: string[];
  /** Code within sentences and tables. */
  codes: string[];
}

export function listPages(...globs: string[]): Page[] {
  const paths = globs.flatMap((glob) => [...new Bun.Glob(glob).scanSync(ROOT)]);
  return [...new Set(paths)].toSorted().map(readPage);
}

const NOT_RUN = /^<!-- not run by the tests: (.+) -->\s*$/;

export function readPage(path: string): Page {
  const tokens = marked.lexer(readFileSync(join(ROOT, path), "utf8"));
  const slugger = new GithubSlugger();
  const page: Page = { path, blocks: [], links: [], anchors: [], codes: [] };
  let comment: string | undefined;
  marked.walkTokens(tokens, (token: Token) => {
    if (token.type === "html") comment = NOT_RUN.exec(token.text)?.[1];
    else if (token.type === "code") {
      page.blocks.push({ language: token.lang ?? "", text: `${token.text}\n`, notRun: comment });
      comment = undefined;
    } else if (token.type === "link" || token.type === "image") page.links.push(token.href);
    else if (token.type === "heading") page.anchors.push(slugger.slug(token.text.replaceAll("`", "")));
    else if (token.type === "codespan") page.codes.push(token.text);
  });
  return page;
}
