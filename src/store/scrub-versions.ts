import { tokenOf, withToken } from "../contexts/context.ts";
import { Token } from "../contexts/token.ts";
import { realTarget } from "../system/files.ts";
import { readOwnFile } from "../system/read-file.ts";
import { replaceFile } from "../system/replace.ts";
import { type ContextsFile, readContexts } from "../yaml/read.ts";
import { editContexts } from "../yaml/edit.ts";
import { putContext } from "./losses.ts";
import type { Paths } from "./paths.ts";
import { listQuarantined } from "./quarantine.ts";
import { withStoreLock } from "./store-lock.ts";
import { listVersions } from "./versions.ts";

/**
 * Replaces tokens in every version and loss, and in the files that were put aside because they could not be read.
 * `textFor` gives the text for a token that is to be replaced. A token that the contexts file itself still has stays in
 * the versions too.
 */
export async function scrubVersions(
  paths: Paths,
  signal: AbortSignal,
  textFor: (token: Token) => string | undefined,
): Promise<void> {
  await withStoreLock(paths, { signal }, async () => {
    const target = realTarget(paths.file);
    const present = new Set(tokensOf(await parse(readOwnFile(target)?.toString() ?? "")));
    const files = [...listVersions(paths.own).map(({ path }) => path), ...listQuarantined(target)];
    const contents = files.map((path) => ({ path, content: readOwnFile(path)?.toString() ?? "" }));
    const parsed = await Promise.all(contents.map(async ({ content }) => parse(content)));
    const texts = new Map<string, string>();
    for (const token of parsed.flatMap(tokensOf)) {
      const text = present.has(token) ? undefined : textFor(new Token(token));
      if (text !== undefined) texts.set(token, text);
    }
    for (const { path, content } of contents) {
      const scrubbed = await scrub(content, texts);
      if (scrubbed !== content) replaceFile({ target: path, text: scrubbed, mode: 0o600 });
    }
    return true;
  });
}

async function scrub(content: string, texts: ReadonlyMap<string, string>): Promise<string> {
  let plain = content;
  // Most tokens need no quotes, and are found in comments and in what cannot be read as well.
  for (const [token, text] of texts) plain = plain.replaceAll(token, text);
  const { contexts } = await parse(plain);
  const puts = contexts.flatMap((context) => {
    const text = texts.get(tokenOf(context)?.reveal() ?? "");
    return text === undefined ? [] : putContext(withToken(context, new Token(text)));
  });
  return puts.length === 0 ? plain : (await editContexts(plain, puts)).text;
}

function tokensOf({ contexts }: Pick<ContextsFile, "contexts">): string[] {
  return contexts.flatMap((context) => tokenOf(context)?.reveal() ?? []);
}

async function parse(text: string): Promise<Pick<ContextsFile, "contexts">> {
  return readContexts(text).catch(() => ({ contexts: [] }));
}
