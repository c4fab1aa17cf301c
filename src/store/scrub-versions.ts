import { basename, dirname, join } from "node:path";
import { type Context, tokenOf } from "../contexts/context.ts";
import { Token } from "../contexts/token.ts";
import { listDirectory, realTarget } from "../system/files.ts";
import { readOwnFile } from "../system/read-file.ts";
import { replaceFile } from "../system/replace.ts";
import { type ContextsFile, readContexts } from "../yaml/read.ts";
import { editContexts } from "../yaml/edit.ts";
import type { Paths } from "./paths.ts";
import { withStoreLock } from "./store-lock.ts";
import { listVersions } from "./versions.ts";

/**
 * Replaces a token by another text in every version and loss, and in the files that were put aside because they could not
 * be read. A token that the contexts file itself still has stays in the versions too.
 */
export async function scrubVersions(
  paths: Paths,
  signal: AbortSignal,
  { isToken, text }: { isToken: (token: Token) => boolean; text: string },
): Promise<void> {
  await withStoreLock(paths, { signal }, async () => {
    const target = realTarget(paths.file);
    const present = await parse(readOwnFile(target)?.toString() ?? "");
    if (tokensOf(present, isToken).length > 0) return true;
    const files = [...listVersions(paths.own).map(({ path }) => path), ...listAside(target)];
    const contents = files.map((path) => ({ path, content: readOwnFile(path)?.toString() ?? "" }));
    const parsed = await Promise.all(contents.map(async ({ content }) => parse(content)));
    const tokens = new Set(parsed.flatMap((file) => tokensOf(file, isToken)));
    for (const { path, content } of contents) {
      const scrubbed = await scrub(content, tokens, text);
      if (scrubbed !== content) replaceFile({ target: path, text: scrubbed, mode: 0o600 });
    }
    return true;
  });
}

function listAside(target: string): string[] {
  const folder = dirname(target);
  const names = listDirectory(folder).filter((name) => name.startsWith(`${basename(target)}.broken-`));
  return names.map((name) => join(folder, name));
}

async function scrub(content: string, tokens: ReadonlySet<string>, text: string): Promise<string> {
  // Most tokens need no quotes, and are found in comments and in what cannot be read as well.
  const plain = [...tokens].reduce((before, token) => before.replaceAll(token, text), content);
  const { contexts } = await parse(plain);
  const left = contexts.filter((context) => tokens.has(tokenOf(context)?.reveal() ?? ""));
  if (left.length === 0) return plain;
  const token = new Token(text);
  return editContexts(
    plain,
    left.map(({ name, endpoint, email }) => ({
      kind: "put",
      name,
      endpoint: endpoint.reveal(),
      email,
      token,
    })),
  );
}

function tokensOf(
  { contexts }: Pick<ContextsFile, "contexts">,
  isToken: (token: Token) => boolean,
): string[] {
  return contexts.flatMap((context: Context) => {
    const token = tokenOf(context);
    return token && isToken(token) ? [token.reveal()] : [];
  });
}

async function parse(text: string): Promise<Pick<ContextsFile, "contexts">> {
  return readContexts(text).catch(() => ({ contexts: [] }));
}
