import { type Context, isKeptElsewhere, referenceOf } from "../contexts/context.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { type Place, type SecretState, stateOf } from "../secrets/secret-store.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import type { TokenReader } from "./read-token.ts";

/** Where the token of a context is kept; the keys are JSON keys. */
export interface StoreView {
  kind: "file" | Place["kind"];
  /** The helper, or the program of a command. */
  name: string | null;
  state: SecretState;
}

/** Asks no store. Null for the environment's credential, which is kept nowhere. */
export async function viewStore({ store }: Pick<Cli, "store">, context: Context): Promise<StoreView | null> {
  if (context.name === ENVIRONMENT_NAME) return null;
  if (!isKeptElsewhere(context)) return toView("file", "ok");
  const { findRecord } = await import("../secrets/records.ts");
  const record = findRecord(store.paths, referenceOf(context));
  return record ? toView(record.place, "unchecked") : { kind: "keyring", name: null, state: "missing" };
}

export function toView(place: Place | "file", state: SecretState): StoreView {
  if (place === "file") return { kind: "file", name: null, state };
  switch (place.kind) {
    case "helper":
      return { kind: "helper", name: place.name, state };
    case "command":
      return { kind: "command", name: place.argv[0] ?? null, state };
    default:
      return { kind: "keyring", name: null, state };
  }
}

/** Asks the store about the entry, but reads no token. */
export async function checkStore(cli: TokenReader, context: Context): Promise<StoreView | null> {
  const view = await viewStore(cli, context);
  if (!view || view.kind === "file") return view;
  const { requireRecord } = await import("./read-token.ts");
  const ask = async (): Promise<SecretState> => {
    const record = await requireRecord(cli, context);
    return (await cli.openStore(record.place)).state(record);
  };
  const state = await ask().catch((error: unknown) =>
    error instanceof CliError && error.code === "HOST_MISMATCH" ? "missing" : stateOf(error),
  );
  return { ...view, state };
}

/** For people, who need not be told of the contexts file: it is where tokens usually are. */
export function showUnusual(view: StoreView | null): string | null {
  return view && view.kind !== "file" ? describeView(view) : null;
}

/** For people: `keyring`, `helper:pass`, `command op`. */
export function describeView({ kind, name }: StoreView): string {
  if (kind === "helper") return `helper:${name}`;
  return kind === "command" ? `command ${name}` : kind;
}
