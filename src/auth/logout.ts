import { type Context, hasToken, noSuchContext, plainTokenOf } from "../contexts/context.ts";
import { tokensPage } from "../contexts/endpoint.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import type { ContextsFile } from "../yaml/read.ts";
import { CliError } from "../errors.ts";
import { removeContexts, requireStored, switchContext } from "../store/manage-contexts.ts";
import { readProtected } from "../store/protection.ts";
import { type Active, describeSource } from "../resolve/active.ts";
import { counted, listNames, quoteWord } from "../system/text.ts";
import type { Cli } from "../app.ts";
import { confirm } from "./confirm.ts";
import { confirmProtected } from "./confirm-protected.ts";
import { withErasure } from "./erase-kept.ts";
import { pickContext } from "./pick-context.ts";
import { reportLeft } from "./report-left.ts";
import { reportNarrowed, resolveAfterwards } from "./report-login.ts";

/** Which contexts to remove, once everybody who must be asked has agreed. */
export interface Leaving {
  names: string[];
  /** Protected ones that stay. */
  kept: string[];
}

/** Removes one context from this machine alone. */
export async function logOutOf(cli: Cli, name: string): Promise<void> {
  await requireStored(cli.store, name);
  await logOut(cli, await confirmOne(cli, name));
}

/** Asks for the name of a protected context. */
export async function confirmOne(cli: Cli, name: string): Promise<Leaving> {
  await cli.store.prepare();
  await confirmProtected(cli, [name], "remove it");
  return { names: [name], kept: [] };
}

/** Asks once, unless `--yes` has no value or names all of them, and keeps the protected contexts that it does not name. */
export async function confirmAll(cli: Cli, { revoke }: { revoke: boolean }): Promise<Leaving> {
  const { yes } = cli.flags;
  const { contexts } = await cli.store.read();
  const all = [...new Set(contexts.map(({ name }) => name))];
  const other = yes.find((name) => name !== "" && !all.includes(name));
  if (other !== undefined) throw noSuchContext(other, contexts);
  if (all.length > 0) await cli.store.prepare();
  const guarded = readProtected(cli.store.paths);
  const isKept = (name: string) => guarded.includes(name) && !yes.includes(name);
  const names = all.filter((name) => !isKept(name));
  if (!yes.includes("") && names.some((name) => !yes.includes(name))) {
    const contexts = counted(names.length, "context");
    const revoked = revoke ? ", and delete their API tokens on the server" : "";
    await confirm(cli, {
      question: `Remove ${contexts} (${listNames(names)})${revoked}?`,
      fact: `this removes ${contexts}`,
      purpose: "remove them",
      kept: "kept every context",
    });
  }
  return { names, kept: all.filter(isKept) };
}

/** Removes contexts from this machine alone, and says what still signs in here, and that the tokens still work. */
export async function logOut(cli: Cli, { names, kept }: Leaving): Promise<void> {
  const { contexts } = await cli.store.read();
  const leaving = contexts.filter((context) => names.includes(context.name));
  const remove = () => removeContexts(cli.store, names);
  // With nothing to remove, not even our own directory may be created.
  const { result: outcome, left } =
    names.length === 0 ? { result: undefined, left: [] } : await withErasure(cli, leaving, remove);
  const file = outcome?.file ?? (await cli.store.read());
  await reportRemoved(cli, { names, kept, file, narrowed: outcome?.narrowed });
  if (leaving.some(plainTokenOf)) cli.output.hint(adviseOnTokens(names));
  // No backup has these, so only the server can end them.
  sayPages(
    cli,
    leaving.filter((context) => !plainTokenOf(context)),
  );
  reportLeft(left);
}

function adviseOnTokens([only = "", ...others]: readonly string[]): string {
  return others.length === 0
    ? `its API token still works; \`bentocloud logout ${quoteWord(only)} --revoke --purge\` deletes it on the server and in backups`
    : "their API tokens still work; `bentocloud logout NAME --revoke --purge` deletes them on the server and in backups";
}

/** Where API tokens that are no longer kept here can be deleted. */
export function sayPages(cli: Cli, logins: readonly Context[]): void {
  const pages = new Set(logins.filter(hasToken).map(({ endpoint }) => tokensPage(endpoint)));
  if (pages.size > 0)
    cli.output.hint(`the token works until it is deleted on its server: ${[...pages].join(", ")}`);
}

interface Removed extends Leaving {
  /** As it is now. */
  file: ContextsFile;
  narrowed: number | undefined;
}

/** Says what was removed, offers another context where it was the current one, and says what signs in here now. */
export async function reportRemoved(cli: Cli, { names, kept, file, narrowed }: Removed): Promise<void> {
  const { output } = cli;
  const active = await resolveAfterwards(cli);
  const remaining = file.contexts.map(({ name }) => name);
  if (output.json) output.data({ removed: names, remaining, active: active?.context ? active.name : null });
  for (const name of names) output.success(`Removed context "${name}"`);
  reportNarrowed(cli, narrowed);
  const chosen = names.length === 0 ? "" : await offerAnother(cli, active, file);
  if (chosen !== "") output.success(`Switched to context "${chosen}"`);
  else output.info(describeRest(active, remaining));
  for (const name of kept)
    output.warn(`kept "${name}", which is protected; --yes=${quoteWord(name)} removes it too`);
}

function describeRest(active: Active | undefined, remaining: readonly string[]): string {
  const source = active && describeSource(active.source);
  if (active?.context?.name === ENVIRONMENT_NAME)
    return `${source} still signs in here, to ${active.context.endpoint}; unset it to end that`;
  if (active?.context) return `Still signed in here as context "${active.name}", from ${source}`;
  const [first, second] = remaining;
  if (first === undefined) return "No context is left";
  if (active && active.source.kind !== "user")
    return `No context is active here: ${source} asks for "${active.name}"`;
  const name = second === undefined ? quoteWord(first) : "NAME";
  return `No context is active here; \`bentocloud use ${name}\` makes another one current`;
}

/**
 * Where the current context was removed, a person may choose another one. None becomes current unasked. Ctrl-C here is no
 * error, because the logout is done. Gives the name of the one that was chosen, or an empty text.
 */
async function offerAnother(cli: Cli, active: Active | undefined, file: ContextsFile): Promise<string> {
  const { output, interactive, store } = cli;
  const isGone = active && !active.context && active.source.kind === "user";
  if (!isGone || file.contexts.length === 0 || !interactive || output.json) return "";
  const name = await pickContext(cli, "Switch to which context?", "none for now").catch((error: unknown) => {
    if (error instanceof CliError && error.code === "CANCELLED") return "";
    throw error;
  });
  if (name !== "") await switchContext(store, name);
  return name;
}
