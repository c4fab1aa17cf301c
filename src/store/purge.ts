/**
 * Takes API tokens out of every copy of the contexts file that is kept: versions, losses, and files that could not be
 * read and were put aside. The other logins of a copy stay restorable.
 */

import { type Context, findContext, loginKey, plainTokenOf, tokenOf } from "../contexts/context.ts";
import type { Token } from "../contexts/token.ts";
import { discard } from "../system/files.ts";
import { readOwnFile } from "../system/read-file.ts";
import { replaceFile } from "../system/replace.ts";
import { editContexts } from "../yaml/edit.ts";
import { readContexts } from "../yaml/read.ts";
import type { Paths } from "./paths.ts";
import { listQuarantined } from "./quarantine.ts";
import { readFileText } from "./snapshot.ts";
import { withStoreLock } from "./store-lock.ts";
import { listVersions, loadVersions, readVersion } from "./versions.ts";

/** The logins that stood under a name, newest first, as far as versions and losses reach back. */
export async function findKeptLogins(own: string, name: string): Promise<Context[]> {
  const newestFirst = (await loadVersions(own)).toReversed();
  const logins = newestFirst.flatMap(({ file }) => findContext(file.contexts, name) ?? []);
  return [...new Map(logins.toReversed().map((login) => [loginKey(login), login])).values()].toReversed();
}

/** The names under which versions and losses have a token. */
export async function listKeptNames(own: string): Promise<Set<string>> {
  const logins = (await loadVersions(own)).flatMap(({ file }) => file.contexts);
  return new Set(logins.filter(plainTokenOf).map(({ name }) => name));
}

/**
 * Versions come last: a process that is killed in between leaves those, and with them the names under which the same
 * command can be run again. Gives the number of copies that had one of the tokens.
 */
export async function purgeTokens(
  paths: Paths,
  tokens: readonly Token[],
  signal: AbortSignal,
): Promise<number> {
  const secrets = new Set(tokens.map((token) => token.reveal()));
  return withStoreLock(paths, { signal }, async ({ target, held }) => {
    let count = 0;
    for (const path of listQuarantined(target)) {
      if (!held()) return undefined;
      if (path.endsWith(".tmp")) continue;
      const text = readOwnFile(path)?.toString("latin1") ?? "";
      const rest = blank(text, secrets);
      if (rest === text) continue;
      replaceFile({ target: path, text: Buffer.from(rest, "latin1"), mode: 0o600, stillValid: held });
      count += 1;
    }
    for (const version of listVersions(paths.own)) {
      if (!held()) return undefined;
      const text = readVersion(version);
      const rest = text === undefined ? text : await withoutTokens(text, secrets);
      if (text === undefined || rest === text) continue;
      const isEmpty = rest === undefined || (await isWithoutLogins(rest));
      if (isEmpty) discard(version.path);
      else replaceFile({ target: version.path, text: rest, mode: 0o600, stillValid: held });
      count += 1;
    }
    return held() ? count : undefined;
  });
}

/** Undefined when the whole text has to go. */
async function withoutTokens(text: string, secrets: ReadonlySet<string>): Promise<string | undefined> {
  const file = await readContexts(text).catch(() => undefined);
  if (!file) return blank(text, secrets);
  const hasSecret = (context: Context) => secrets.has(tokenOf(context)?.reveal() ?? "");
  const names = new Set(file.contexts.filter(hasSecret).map(({ name }) => name));
  const removals = [...names].map((name) => ({ kind: "remove", name }) as const);
  const edited = names.size === 0 ? { text } : await editContexts(text, removals).catch(() => undefined);
  return edited && blank(edited.text, secrets);
}

async function isWithoutLogins(text: string): Promise<boolean> {
  return (await readContexts(text).catch(() => undefined))?.contexts.length === 0;
}

/** A shorter text is no real token, and taking it out would mangle ordinary words. */
const SHORTEST_BLANKED = 8;

/** For comments, and for entries and files that cannot be read: removes each spelling that YAML may have. */
function blank(text: string, secrets: ReadonlySet<string>): string {
  const spellings = [...secrets]
    .filter(({ length }) => length >= SHORTEST_BLANKED)
    .flatMap((secret) => [secret, secret.replaceAll("'", "''"), JSON.stringify(secret).slice(1, -1)]);
  return spellings.reduce((rest, spelling) => rest.replaceAll(spelling, "purged"), text);
}

/** Whether the contexts file itself still has one of the tokens, for example in a comment. */
export function fileHasToken(paths: Paths, tokens: readonly Token[]): boolean {
  const text = readFileText(paths.file)?.bytes.toString("latin1") ?? "";
  return blank(text, new Set(tokens.map((token) => token.reveal()))) !== text;
}
