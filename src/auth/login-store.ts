import { type Context, isKeptElsewhere, referenceOf } from "../contexts/context.ts";
import type { Token } from "../contexts/token.ts";
import { usageError } from "../errors.ts";
import type { Place } from "../secrets/secret-store.ts";
import type { Outcome } from "../store/tools.ts";
import type { Cli } from "../app.ts";
import type { Left } from "./change-stores.ts";
import { parsePlace } from "./parse-place.ts";

interface Options {
  store?: string | undefined;
  command?: readonly string[] | undefined;
}

/**
 * Where `login` keeps the token. The default is the contexts file, because Python bentoml reads it there. A context whose
 * token was moved out of it keeps its store: nothing puts a token back into plain text unasked.
 */
export function chooseStore({ store, command }: Options): Place | "file" | undefined {
  if (command && store !== undefined)
    throw usageError("--store and --token-command exclude each other: a command is asked each time");
  if (command) return { kind: "command", argv: command };
  if (store === "command") throw usageError("a command is given as `--token-command -- COMMAND…`");
  return store === undefined ? undefined : parsePlace(store, []);
}

/** Where the token of the context that is replaced is kept. */
export async function placeOf(cli: Cli, existing: Context | undefined): Promise<Place | "file"> {
  if (!existing || !isKeptElsewhere(existing)) return "file";
  const { findRecord } = await import("../secrets/records.ts");
  const place = findRecord(cli.store.paths, referenceOf(existing))?.place;
  if (place && place.kind !== "command") return place;
  const what = place ? "comes from a command" : "is kept nobody knows where";
  throw usageError(
    `the API token of "${existing.name}" ${what}, so say where to keep the new one`,
    "--store file, --store keyring, --store helper:NAME or --token-command -- COMMAND…",
  );
}

/** Finds out before anything is typed, approved or noted that a store cannot be used. @throws CliError */
export async function requireUsable(cli: Cli, place: Place | "file"): Promise<void> {
  if (place !== "file") await (await cli.openStore(place)).state();
}

interface Kept {
  name: string;
  endpoint: string;
  place: Place | "file";
  token: Token;
  /** The login that is replaced. */
  existing: Context | undefined;
}

/** Writes the contexts file with the token, or with a reference to it. */
export async function keepToken<T>(
  cli: Cli,
  { name, endpoint, place, token, existing }: Kept,
  put: (text: Token) => Promise<Outcome<T>>,
): Promise<{ result: Outcome<T>; left: Left[] }> {
  const id = existing && referenceOf(existing);
  if (place === "file" && id === undefined) return { result: await put(token), left: [] };
  const { changeStores } = await import("./change-stores.ts");
  const add = place === "file" ? [] : [{ context: name, endpoint, place, token, replaced: token }];
  return changeStores(cli, { add, leave: id === undefined ? [] : [id] }, ([text = token]) => put(text));
}
