import type { Cli } from "../app.ts";
import type { Context } from "../contexts/context.ts";
import { recall } from "../store/state.ts";

/** Where a switch leads: the organization, and the endpoint where another context has another one. */
export async function describeContext({ store }: Pick<Cli, "store">, context: Context): Promise<string> {
  const { contexts } = await store.read();
  const endpoint = context.endpoint.reveal();
  const parts = [
    recall(await store.state(), context)?.organization,
    contexts.some((other) => other.endpoint.reveal() !== endpoint) ? context.endpoint.masked : undefined,
  ].filter((part) => part != null);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}
