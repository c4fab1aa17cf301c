import { identify, type Identification } from "../cloud/identify.ts";
import { type Context, findContext, usableTokenOf } from "../contexts/context.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import type { ContextsFile } from "../yaml/read.ts";
import { recall, type State } from "../store/state.ts";
import type { Token } from "../contexts/token.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";

/** Whether a login may take the place of another one; `"warn"` replaces and says so, as Python bentoml does. */
export type Force = boolean | "warn";

interface Replacement {
  existing: Context;
  endpoint: string;
  token: Token;
  identification: Identification;
  force: Force;
  insecureHttp: boolean;
}

export async function confirmEndpoint(
  cli: Cli,
  { existing, endpoint, force }: Pick<Replacement, "existing" | "endpoint" | "force">,
): Promise<void> {
  if (existing.endpoint === "" || isSameEndpoint(existing.endpoint, endpoint)) return;
  const fact = `the context "${existing.name}" is for ${existing.endpoint}, not ${endpoint}`;
  await confirmReplacement(cli, force, fact);
}

/** Two organizations on one endpoint are two logins: the second must not take the first one's name unnoticed. */
export async function confirmIdentity(cli: Cli, replacement: Replacement): Promise<void> {
  const { existing, endpoint, token, identification, force, insecureHttp } = replacement;
  if (!isSameEndpoint(existing.endpoint, endpoint)) return;
  const stored = usableTokenOf(existing);
  if (stored?.reveal() === token.reveal()) return;
  const known =
    recall(await cli.store.state(), existing) ??
    (stored && (await identifyStored(cli, { endpoint, token: stored, insecureHttp })));
  const before = [existing.email ?? known?.email ?? null, known?.organization ?? null];
  const after = [identification.email, identification.organization];
  if (before.every((value, index) => value === null || value === after[index])) return;
  const describe = (who: readonly (string | null)[]) => who.filter(Boolean).join(" in ");
  const fact = `the context "${existing.name}" belongs to ${describe(before)}, but this token is of ${describe(after)}`;
  await confirmReplacement(cli, force, fact);
}

/** Python bentoml writes no organization down, so a login of its is asked for its own; a dead one has none to lose. */
async function identifyStored(
  cli: Cli,
  options: { endpoint: string; token: Token; insecureHttp: boolean },
): Promise<Identification | undefined> {
  if (!options.token.sendable) return undefined;
  const identification = await identify(await cli.client(options));
  return identification.verdict === "valid" ? identification : undefined;
}

async function confirmReplacement(cli: Cli, force: Force, fact: string): Promise<void> {
  if (force === true) return;
  if (force === "warn") {
    cli.output.warn(`${fact}; replacing it`);
    return;
  }
  if (!cli.interactive) {
    throw usageError(fact, "pass --context with another name to keep both, or --force to replace it");
  }
  const prompt = await cli.prompt();
  // Not a warning: those wait with --json and are left out with --quiet, but the question makes no sense without it.
  cli.output.prompt(fact);
  if (await prompt.confirm("Replace it?")) return;
  throw new CliError("FAILURE", "kept the context as it was", {
    hint: "pass --context with another name to keep both",
  });
}

interface Newcomer {
  name: string;
  endpoint: string;
  token: Token;
  identification: Identification;
  existing: Context | undefined;
  force: Force;
}

/**
 * Between the question and the answer, minutes in a browser sign-in, another login may have been saved under the name.
 * Asked under the store's lock: one that is not what the user was asked about, and not this same person's in this same
 * place, stays.
 */
export function refuseNewcomer(file: ContextsFile, state: State, newcomer: Newcomer): void {
  const { name, endpoint, token, identification, existing, force } = newcomer;
  const found = findContext(file.contexts, name);
  const stored = found && usableTokenOf(found)?.reveal();
  if (!found || force || stored === undefined || stored === token.reveal()) return;
  if (existing?.endpoint === found.endpoint && usableTokenOf(existing)?.reveal() === stored) return;
  const known = recall(state, found);
  const isSamePerson =
    (found.email ?? known?.email ?? identification.email) === identification.email &&
    (known?.organization ?? identification.organization) === identification.organization;
  if (isSamePerson && isSameEndpoint(found.endpoint, endpoint)) return;
  const whose = [found.email ?? known?.email, known?.organization].filter(Boolean).join(" in ");
  throw new CliError(
    "FAILURE",
    `the context "${name}" was meanwhile saved for ${found.endpoint}${whose ? ` as ${whose}` : ""}`,
    { hint: "sign in again, with --context and another name to keep both" },
  );
}
