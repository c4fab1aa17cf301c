import { type Context, findContext, loginKey, referenceOf, tokenOf, withToken } from "../contexts/context.ts";
import type { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import type { Place } from "../secrets/secret-store.ts";
import { putContext } from "../store/losses.ts";
import { recall, remember } from "../store/state.ts";
import { scrubVersions } from "../store/scrub-versions.ts";
import type { Cli } from "../app.ts";
import { changeStores, type Left } from "./change-stores.ts";
import { requireUsable } from "./login-store.ts";
import { readToken } from "./read-token.ts";

export interface Moved {
  /** Entries of the store before that could not be erased. */
  left: Left[];
  /** Other contexts whose entry in the contexts file still has this very token. */
  copies: string[];
  /** Whether the command prints another token than the one that was kept until now. */
  isOther: boolean;
}

/**
 * Moves the token of a context to another store, or back into the contexts file. A process that is killed at any step
 * leaves a token that can be used, and the next command ends the move.
 */
export async function moveToken(
  cli: Cli,
  context: Context,
  to: Place | "file",
  /** Throws for a token that must not be moved now. */
  check: (token: Token) => void,
): Promise<Moved> {
  const token = await readToken(cli, context);
  check(token);
  if (to !== "file") await requireUsable(cli, to);
  const { store } = cli;
  const { name, endpoint } = context;
  const replaced = tokenOf(context) ?? token;
  const given = to !== "file" && to.kind === "command" ? await readFrom(cli, context, to) : token;
  const id = referenceOf(context);
  const kept =
    to === "file" ? [] : [{ context: name, endpoint: endpoint.reveal(), place: to, token, replaced }];
  const change = { add: kept, leave: id === undefined ? [] : [id] };
  const { result, left } = await changeStores(cli, change, async ([reference = token]) => {
    const outcome = await replaceText(cli, context, reference);
    const isToken = (text: Token) => text.reveal() === replaced.reveal();
    // Versions with the reference could not be restored once its entry is erased.
    if (to === "file") await scrubVersions(store.paths, cli.signal, { isToken, text: token.reveal() });
    return outcome;
  });
  const copies = result.file.contexts.filter((one) => tokenOf(one)?.reveal() === token.reveal());
  return {
    left,
    copies: to === "file" ? [] : copies.map((one) => one.name),
    isOther: given.reveal() !== token.reveal(),
  };
}

async function readFrom(cli: Cli, context: Context, place: Place): Promise<Token> {
  const { Token } = await import("../contexts/token.ts");
  const store = await (await cli.secrets()).open(place);
  const { name, endpoint } = context;
  return new Token(await store.get({ id: "", context: name, endpoint: endpoint.masked }));
}

/** What we know of the login goes with it. */
function replaceText(cli: Cli, context: Context, text: Token) {
  const { name } = context;
  const after = withToken(context, text);
  return cli.store.update((file, state) => {
    const found = findContext(file.contexts, name);
    if (!found || loginKey(found) !== loginKey(context))
      throw new CliError("FAILURE", `the context "${name}" was changed meanwhile`, { hint: "try again" });
    const changes = [putContext(after)];
    const known = recall(state, context);
    if (!known) return { changes };
    const { fingerprint: _, checked_at, ...identity } = known;
    const sighting = { ...identity, context: after, time: new Date(checked_at) };
    return { changes, state: remember(state, sighting) };
  });
}
