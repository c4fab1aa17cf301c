import { noSuchContext } from "../contexts/context.ts";
import { tokensPage } from "../contexts/endpoint.ts";
import { CliError, usageError } from "../errors.ts";
import { removeContexts, requireStored } from "../store/manage-contexts.ts";
import { readProtected } from "../store/protection.ts";
import { type Active, describeSource } from "../resolve/active.ts";
import { quoteWord } from "../system/text.ts";
import type { Cli } from "../app.ts";
import { confirmProtected } from "./confirm-protected.ts";
import { reportNarrowed, resolveAfterwards } from "./report-login.ts";

/** Asks for the name of a protected context. */
export async function logOutOf(cli: Cli, name: string, yes: readonly string[]): Promise<void> {
  await requireStored(cli.store, name);
  await cli.store.prepare();
  await confirmProtected(cli, [name], { yes, intent: "remove it" });
  await logOut(cli, [name]);
}

/** Asks once, and keeps the protected contexts that `yes` does not name. */
export async function logOutOfAll(
  cli: Cli,
  { yes, isConfirmed }: { yes: readonly string[]; isConfirmed: boolean },
): Promise<void> {
  const { contexts } = await cli.store.read();
  const all = [...new Set(contexts.map(({ name }) => name))];
  const other = yes.find((name) => name !== "" && !all.includes(name));
  if (other !== undefined) throw noSuchContext(other, contexts);
  if (all.length > 0) await cli.store.prepare();
  const guarded = readProtected(cli.store.paths);
  const isKept = (name: string) => guarded.includes(name) && !yes.includes(name);
  const names = all.filter((name) => !isKept(name));
  if (names.length > 0 && !isConfirmed) await confirm(cli, names.length);
  await logOut(cli, names);
  for (const name of all.filter(isKept))
    cli.output.warn(`kept "${name}", which is protected; --yes=${quoteWord(name)} removes it too`);
}

async function confirm(cli: Cli, count: number): Promise<void> {
  const contexts = count === 1 ? "1 context" : `${count} contexts`;
  if (!cli.interactive) throw usageError(`this removes ${contexts}`, "pass --yes to remove them");
  const prompt = await cli.prompt();
  if (!(await prompt.confirm(`Remove ${contexts}?`))) throw new CliError("FAILURE", "kept every context");
}

/** Removes contexts from this machine, and says what still signs in here and that the tokens stay valid. */
async function logOut(cli: Cli, names: readonly string[]): Promise<void> {
  const { output, store } = cli;
  const before = await store.read();
  const gone = before.contexts.filter(
    ({ name, endpoint }) => names.includes(name) && endpoint.reveal() !== "",
  );
  // With nothing to remove, not even our own directory may be created.
  const { file, narrowed } =
    names.length === 0 ? { file: before, narrowed: undefined } : await removeContexts(store, names);
  const active = await resolveAfterwards(cli);
  const remaining = file.contexts.map(({ name }) => name);
  if (output.json) output.data({ removed: names, remaining, active: active?.context ? active.name : null });
  for (const name of names) output.success(`Removed context "${name}"`);
  reportNarrowed(cli, narrowed);
  output.info(describeRest(active, remaining));
  const pages = new Set(gone.map(({ endpoint }) => tokensPage(endpoint)));
  if (pages.size > 0)
    output.hint(
      `a removed token works until it is revoked (${[...pages].join(", ")}); backups of the file hold it too`,
    );
}

function describeRest(active: Active | undefined, remaining: readonly string[]): string {
  if (active?.context)
    return `Still signed in here as context "${active.name}", from ${describeSource(active.source)}`;
  const [first, second] = remaining;
  if (first === undefined) return "No context is left";
  const name = second === undefined ? quoteWord(first) : "NAME";
  return `No context is active here; \`bentocloud use ${name}\` makes another one current`;
}
