import { tokensPage } from "../contexts/endpoint.ts";
import { removeContexts } from "../store/manage.ts";
import { type Active, describeSource } from "../resolve/active.ts";
import type { Cli } from "../app.ts";
import { reportNarrowed, resolveAfterwards } from "./report-login.ts";

/** Removes contexts from this machine and says what still authenticates here, and that the tokens live on. */
export async function logOut(cli: Cli, names: readonly string[]): Promise<void> {
  const { output, store } = cli;
  const before = await store.read();
  const removed = new Set(names);
  const gone = before.contexts.filter(({ name }) => removed.has(name));
  // Nothing to remove must leave nothing behind, not even our own directory.
  const { file, narrowed } =
    names.length === 0 ? { file: before, narrowed: undefined } : await removeContexts(store, names);
  const active = await resolveAfterwards(cli);
  const remaining = file.contexts.map(({ name }) => name);
  if (output.json) {
    output.data({ removed: names, remaining, active: active?.context ? active.name : null });
  }
  for (const name of names) output.success(`Removed context "${name}"`);
  reportNarrowed(cli, narrowed);
  output.info(describeRest(active, remaining));
  const pages = new Set(
    gone.filter(({ endpoint }) => endpoint !== "").map(({ endpoint }) => tokensPage(endpoint)),
  );
  if (pages.size > 0) {
    output.hint(
      `a removed token works until it is revoked (${[...pages].join(", ")}); backups of the file hold it too`,
    );
  }
}

function describeRest(active: Active | undefined, remaining: readonly string[]): string {
  if (active?.context) {
    return `Still signed in here as context "${active.name}", from ${describeSource(active.source)}`;
  }
  if (remaining.length === 0) return "No context is left";
  return "No context is active here; `bentocloud use NAME` makes another one current";
}
