import { type Context, findContext, loginKey, referenceOf, tokenOf, withToken } from "../contexts/context.ts";
import { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import { NO_ENTRY, type Place } from "../secrets/secret-store.ts";
import { putContext } from "../store/losses.ts";
import { recall, remember, type State } from "../store/state.ts";
import { scrubVersions } from "../store/scrub-versions.ts";
import { quoteWord } from "../system/text.ts";
import type { Cli } from "../app.ts";
import { isCommand } from "./parse-place.ts";
import { changeStores, type Left } from "./change-stores.ts";
import { readToken } from "./read-token.ts";

export interface Moved {
  name: string;
  /** Other contexts whose entry in the contexts file still has this very token. */
  copies: string[];
}

/** The token of a context, and the text that stands for it in the contexts file until now. */
interface Login {
  context: Context;
  token: Token;
  replaced: Token;
}

/**
 * Moves the tokens of contexts to another store, or back into the contexts file, in one change. A process that is killed
 * at any step leaves tokens that can be used, and the next command ends the move. `left` are the entries of the stores
 * before that could not be erased.
 */
export async function moveTokens(
  cli: Cli,
  contexts: readonly Context[],
  to: Place | "file",
  /** Throws for a token that must not be moved now. */
  check: (tokens: readonly Token[]) => void,
): Promise<{ moved: Moved[]; left: Left[] }> {
  const logins = await Promise.all(
    contexts.map(async (context): Promise<Login> => {
      const token = await readToken(cli, context);
      return { context, token, replaced: tokenOf(context) ?? token };
    }),
  );
  check(logins.map(({ token }) => token));
  if (isCommand(to)) await requirePrinted(cli, logins, to);
  const add =
    to === "file"
      ? []
      : logins.map(({ context: { name, endpoint }, token, replaced }) => {
          return { context: name, endpoint: endpoint.reveal(), place: to, token, replaced };
        });
  const leave = contexts.flatMap((context) => referenceOf(context) ?? []);
  let done = 0;
  const change = { add, leave, onKept: () => void (done += 1) };
  const write = async (references: Token[]) => {
    const outcome = await replaceTexts(cli, logins, references);
    // Versions with a reference could not be restored once its entry is erased.
    if (to === "file") await scrubVersions(cli.store.paths, cli.signal, textsOf(logins));
    return outcome;
  };
  const { result, left } = await cli.wait(
    () => (add.length > 1 ? `Storing API tokens ${done}/${add.length}` : "Moving the API token"),
    () => changeStores(cli, change, write),
  );
  const moved = logins.map(({ context: { name }, token }) => {
    const copies = result.file.contexts.filter((one) => tokenOf(one)?.reveal() === token.reveal());
    return {
      name,
      copies: to === "file" ? [] : copies.map((one) => one.name),
    };
  });
  return { moved, left };
}

function textsOf(logins: readonly Login[]): (token: Token) => string | undefined {
  const texts = new Map(logins.map(({ replaced, token }) => [replaced.reveal(), token.reveal()]));
  return (token) => texts.get(token.reveal());
}

/** A move takes the token out of the contexts file for good, so the command must print this token and no other. */
async function requirePrinted(cli: Cli, logins: readonly Login[], place: Place): Promise<void> {
  const store = await cli.openStore(place);
  let printed: string | undefined;
  for (const { context, token } of logins) {
    // What a command prints does not depend on the context.
    printed ??= await store.get(NO_ENTRY);
    if (new Token(printed).reveal() === token.reveal()) continue;
    throw new CliError("FAILURE", `the command prints another API token than that of "${context.name}"`, {
      hint: `to sign in with the one that it prints: bentocloud login --context ${quoteWord(context.name)} --token-command -- …`,
    });
  }
}

/** What we know of the logins goes with them. `references` are in their order; the others get the token itself. */
function replaceTexts(cli: Cli, logins: readonly Login[], references: readonly Token[]) {
  return cli.store.update((file, state) => {
    const moved = logins.map(({ context, token }, index) => {
      const found = findContext(file.contexts, context.name);
      if (!found || loginKey(found) !== loginKey(context))
        throw new CliError("FAILURE", `the context "${context.name}" was changed meanwhile`, {
          hint: "try again",
        });
      return { before: context, after: withToken(context, references[index] ?? token) };
    });
    const changes = moved.map(({ after }) => putContext(after));
    return { changes, state: moved.reduce(takeAlong, state) };
  });
}

function takeAlong(state: State, { before, after }: { before: Context; after: Context }): State {
  const known = recall(state, before);
  if (!known) return state;
  const { fingerprint: _, checked_at, ...identity } = known;
  return remember(state, { ...identity, context: after, time: new Date(checked_at) });
}
