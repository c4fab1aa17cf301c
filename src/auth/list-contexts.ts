import type { Cli } from "../app.ts";
import { type Context, findContext } from "../contexts/context.ts";
import { recall } from "../store/state.ts";
import type { Active } from "../resolve/active.ts";
import { protectedNames } from "./confirm-protected.ts";
import { showUnusual, type StoreView, viewStore } from "./store-view.ts";

/** What a context is here, as people read it. */
const STATES = ["current", "project", "active", "protected"] as const;

export interface ListedContext extends Record<(typeof STATES)[number], boolean> {
  name: string;
  endpoint: string;
  email: string | null;
  /** As it was last seen. */
  organization: string | null;
  /** Not asked. */
  store: StoreView | null;
}

/** Every stored context in the order of the file. Sends no request. */
export async function listContexts(cli: Cli, active: Active | undefined): Promise<ListedContext[]> {
  const { contexts, current } = await cli.store.read();
  const state = await cli.store.state();
  const isStored = active && active.source.kind !== "env_key";
  const marked = {
    current: findContext(contexts, current.name),
    project: findContext(contexts, active?.project?.context ?? ""),
    active: isStored ? findContext(contexts, active.name) : undefined,
  };
  const guarded = protectedNames(cli);
  const row = async (context: Context): Promise<ListedContext> => ({
    name: context.name,
    endpoint: context.endpoint.masked,
    email: context.email,
    organization: recall(state, context)?.organization ?? null,
    current: context === marked.current,
    project: context === marked.project,
    active: context === marked.active,
    protected: guarded.includes(context.name),
    store: await viewStore(cli, context),
  });
  return Promise.all(contexts.map(row));
}

export function showStates(context: ListedContext): string {
  return [...STATES.filter((state) => context[state]), showUnusual(context.store) ?? []].flat().join(", ");
}

/** Whether the endpoint tells contexts apart. Of one context it is always shown. */
export function haveEndpoints(contexts: readonly { endpoint: string | null }[]): boolean {
  return contexts.length === 1 || new Set(contexts.map(({ endpoint }) => endpoint)).size > 1;
}
