import type { Identification } from "../cloud/identify.ts";
import { type Context, findContext, hasToken, loginKey, tokenOf } from "../contexts/context.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import { canName } from "../contexts/name.ts";
import type { ContextsFile } from "../yaml/read.ts";
import { recall, type State } from "../store/state.ts";
import type { Token } from "../contexts/token.ts";
import { CliError, requireExpected, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { describePerson, identifyLogin, type Person } from "./identity.ts";
import { readToken } from "./read-token.ts";

/**
 * A login that is already saved under the name is not replaced by one of another endpoint, user or organization, unless
 * someone said so: two organizations on one endpoint are two logins.
 */
export interface LoginTarget {
  name: string;
  endpoint: string;
  /** The context that had the name when the user was asked. */
  existing: Context | undefined;
  /** Make the context current. */
  use: boolean;
  /** Replace whatever has the name; `"warn"` says so, as Python bentoml replaces without a question. */
  force: boolean | "warn";
  insecureHttp: boolean;
  /** The command that saves the login under another name. */
  commandFor(name: string): string;
}

/** The new login, once the server has said whose it is. */
export interface Newcomer {
  token: Token;
  identification: Identification;
}

export async function confirmEndpoint(cli: Cli, target: LoginTarget): Promise<void> {
  const { existing, endpoint } = target;
  await confirmReplacement(cli, target, existing && differentEndpoint(existing, endpoint));
}

export async function confirmIdentity(
  cli: Cli,
  target: LoginTarget,
  { token, identification }: Newcomer,
): Promise<void> {
  const { existing, endpoint, insecureHttp } = target;
  if (!existing || !isSameEndpoint(existing.endpoint, endpoint)) return;
  if (tokenOf(existing)?.reveal() === token.reveal()) return;
  // Python bentoml does not write the organization down. A token that no longer works has none to lose.
  const known =
    recall(await cli.store.state(), existing) ?? (await identifyExisting(cli, existing, { insecureHttp }));
  const conflict = differentPerson(existing, known, identification);
  await confirmReplacement(cli, target, conflict, identification.organization);
}

/** Undefined where there is nobody to compare with: a store that cannot be asked now does not stop a new login. */
async function identifyExisting(
  cli: Cli,
  context: Context,
  options: { insecureHttp: boolean },
): Promise<Person | undefined> {
  if (!hasToken(context)) return undefined;
  const token = await readToken(cli, context).catch((error: unknown) => void requireExpected(error));
  return token && identifyLogin(cli, { context, token }, options);
}

/**
 * Runs under the store's lock: another login may have been saved under the name while the user was asked, which takes
 * minutes in a browser.
 */
export function refuseNewcomer(
  file: ContextsFile,
  state: State,
  { name, endpoint, existing, force, commandFor }: LoginTarget,
  { token, identification }: Newcomer,
): void {
  const found = findContext(file.contexts, name);
  if (!found || force || !hasToken(found) || tokenOf(found)?.reveal() === token.reveal()) return;
  if (existing && loginKey(existing) === loginKey(found)) return;
  const conflict =
    differentEndpoint(found, endpoint) ?? differentPerson(found, recall(state, found), identification);
  if (conflict)
    throw new CliError("FAILURE", `another login was saved meanwhile: ${conflict}`, {
      hint: `to keep both: ${commandFor(`${name}-2`)}`,
    });
}

function differentEndpoint({ name, endpoint: stored }: Context, endpoint: string): string | undefined {
  if (stored.reveal() === "" || isSameEndpoint(stored, endpoint)) return undefined;
  return `the context "${name}" is for ${stored}, not ${endpoint}`;
}

function differentPerson(stored: Context, known: Person | undefined, after: Person): string | undefined {
  const before = { email: stored.email ?? known?.email ?? null, organization: known?.organization ?? null };
  const isSame = (key: keyof Person) => before[key] === null || before[key] === after[key];
  if (isSame("email") && isSame("organization")) return undefined;
  const [theirs, ours] = [describePerson(before), describePerson(after)];
  return `the context "${stored.name}" belongs to ${theirs}, but this token is of ${ours}`;
}

async function confirmReplacement(
  cli: Cli,
  { name, force, commandFor }: LoginTarget,
  conflict: string | undefined,
  proposal: string | null = null,
): Promise<void> {
  if (conflict === undefined || force === true) return;
  if (force === "warn") return cli.output.warn(`${conflict}; replacing it`);
  const other = proposal !== null && proposal !== name && canName(proposal) ? proposal : `${name}-2`;
  const hint = `to keep both: ${commandFor(other)}`;
  if (!cli.interactive) throw usageError(conflict, `${hint}; to replace it, add --force`);
  const prompt = await cli.prompt();
  // As a part of the question, because --json and --quiet hide warnings.
  cli.output.prompt(conflict);
  if (!(await prompt.confirm("Replace it?")))
    throw new CliError("FAILURE", "kept the context as it was", { hint });
}
