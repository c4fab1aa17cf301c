import type { Cli } from "../app.ts";
import { readToken } from "../auth/read-token.ts";
import { Context, isKeptElsewhere, plainTokenOf } from "../contexts/context.ts";
import { requireExpected } from "../errors.ts";
import { environmentCredential } from "../resolve/environment.ts";
import { listVersions, loadVersions, requireVersions } from "../store/versions.ts";
import { readRotations } from "../tokens/rotation-journal.ts";
import { SHORTEST_VALUE } from "./encodings.ts";
import type { KnownValue, Skipped } from "./finding.ts";

interface Gather {
  /** Whether to read tokens from keyrings, helpers and commands, which takes time and may ask something. */
  asksStores: boolean;
}

/** Every token that this user has or had, each once, and what could not be read. */
export async function gatherValues(
  cli: Cli,
  { asksStores }: Gather,
): Promise<{ values: KnownValue[]; unread: Skipped[] }> {
  const values = new Map<string, KnownValue>();
  const unread: Skipped[] = [];
  const skip = (path: string, reason: string) => void unread.push({ path, reason, incomplete: true });
  const add = (login: Context, state: KnownValue["state"], token = plainTokenOf(login)) => {
    if (!token || values.has(token.reveal())) return;
    if (!token.sendable || token.reveal().length < SHORTEST_VALUE)
      return skip(`context ${login.name}`, "its API token is too short or has characters that no token has");
    values.set(token.reveal(), { token, login, state });
  };
  /** What fails is said, and the other tokens are looked for. */
  const attempt = async (path: string, read: () => Promise<void> | void) => {
    try {
      await read();
    } catch (error) {
      skip(path, requireExpected(error).message);
    }
  };
  const { file, own } = cli.store.paths;
  await attempt(file, async () => {
    const { contexts, problems } = await cli.store.read();
    const kept = contexts.filter(isKeptElsewhere);
    for (const context of contexts) add(context, "current");
    for (const context of asksStores ? kept : [])
      await attempt(`context ${context.name}`, async () =>
        add(context, "current", await readToken(cli, context)),
      );
    for (const { line, message } of problems) skip(`${file}:${line}`, message);
  });
  await attempt("the environment", () => {
    const login = environmentCredential(cli.env);
    if (login) add(login, "current");
  });
  await attempt(own, () => {
    for (const { endpoint, old, successor } of readRotations(own))
      for (const apiToken of [old.token, successor?.token])
        add(new Context({ name: old.name, endpoint, email: null, apiToken, line: null }), "superseded");
  });
  await attempt(own, async () => {
    requireVersions(own);
    const versions = (await loadVersions(own)).toReversed();
    for (const context of versions.flatMap(({ file }) => file.contexts)) add(context, "superseded");
    const unreadable = listVersions(own).length - versions.length;
    if (unreadable > 0) skip(own, `${unreadable} earlier versions of the contexts file cannot be read`);
  });
  return { values: [...values.values()], unread };
}
