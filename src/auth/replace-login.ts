import type { Identification } from "../cloud/identify.ts";
import { type Context, findContext, hasToken, loginKey, plainTokenOf, tokenOf } from "../contexts/context.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import { canName } from "../contexts/name.ts";
import { chooseLoginName } from "../resolve/login-name.ts";
import type { ContextsFile } from "../yaml/read.ts";
import type { Place } from "../secrets/secret-store.ts";
import { recall, type State } from "../store/state.ts";
import type { Token } from "../contexts/token.ts";
import { CliError, requireExpected, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { canAsk, confirmProtected } from "./confirm-protected.ts";
import { describePerson, identifyLogin, type Person } from "./identity.ts";
import { readToken } from "./read-token.ts";

/**
 * A login that is already saved under the name is not replaced by one of another endpoint, user or organization, unless
 * someone said so: two organizations on one endpoint are two logins. A person chooses another name, after the sign-in,
 * when the organization that is proposed is known.
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
  /** Where the token is to be kept; undefined for where that of the context is kept now. */
  place?: Place | "file" | undefined;
  /** The command that saves the login under another name. */
  commandFor(name: string): string;
}

/** The new login, once the server has said whose it is. */
export interface Newcomer {
  token: Token;
  identification: Identification;
}

/** For the question about a protected context. */
const REPLACE = "replace its login";

/** Where nobody can choose another name, what is known without the server is refused before anything is sent. */
export async function refuseKnownConflict(cli: Cli, target: LoginTarget): Promise<void> {
  const { name, endpoint, existing, force, commandFor } = target;
  if (cli.flags.yes.some((one) => one !== "") || (existing && !canAsk(cli)))
    await confirmProtected(cli, [name], REPLACE);
  const conflict = existing && differentEndpoint(existing, endpoint);
  if (conflict === undefined || force === true || cli.interactive) return;
  if (force !== "warn") throw taken(conflict, commandFor(await proposeName(cli, target)));
}

/** Asks for a name until the login may have it. Gives the target with that name. */
export async function settleName(cli: Cli, target: LoginTarget, newcomer: Newcomer): Promise<LoginTarget> {
  let next: LoginTarget = { ...target, existing: await findStored(cli, target.name) };
  for (;;) {
    const conflict = await findConflict(cli, next, newcomer);
    if (conflict !== undefined && next.force === "warn") cli.output.warn(`${conflict}; replacing it`);
    const isAllowed = conflict === undefined || next.force !== false;
    if (isAllowed && (await mayReplace(cli, next))) return next;
    const proposal = await proposeName(cli, target, newcomer);
    if (!isAllowed && !cli.interactive) throw taken(conflict, target.commandFor(proposal));
    // As a part of the question, because --json and --quiet hide warnings.
    if (!isAllowed) cli.output.prompt(conflict);
    next = await askForName(cli, next, proposal);
  }
}

function taken(conflict: string, command: string): CliError {
  return usageError(conflict, `to keep both: ${command}; to replace it, add --force`);
}

async function findStored({ store }: Cli, name: string): Promise<Context | undefined> {
  return findContext((await store.read()).contexts, name);
}

/** A refusal is no reason to lose the sign-in: the person may choose another name. */
async function mayReplace(cli: Cli, { name, existing }: LoginTarget): Promise<boolean> {
  if (!existing) return true;
  try {
    // It may have been given for the name that was refused.
    const yes = cli.flags.yes.filter((one) => one === name || one === "");
    await confirmProtected(cli, [name], REPLACE, yes);
    return true;
  } catch (error) {
    if (!canAsk(cli)) throw error;
    cli.output.prompt(requireExpected(error).message);
    return false;
  }
}

/** Typing the name of the stored login means to replace that. */
async function askForName(cli: Cli, refused: LoginTarget, proposal: string): Promise<LoginTarget> {
  const prompt = await cli.prompt();
  for (;;) {
    try {
      const flag = (await prompt.type(`Name for this login (Enter: ${proposal})`)) || proposal;
      const file = await cli.store.read();
      if (flag !== refused.name) {
        const name = chooseLoginName({ flag, env: {}, project: undefined, file });
        const existing = findContext(file.contexts, name);
        // It may be a command that was pasted; as a name, --context still takes it.
        if (!existing && name !== proposal && /[\s;'"`]/.test(name))
          throw usageError("choose a name without spaces, quotes and semicolons");
        return { ...refused, name, existing, force: false };
      }
      if (await prompt.confirm(`Replace the login of "${flag}"?`)) return { ...refused, force: true };
    } catch (error) {
      cli.output.prompt(requireExpected(error).message);
    }
  }
}

/** The organization, or else the name with a number, that is free or has this very login. */
async function proposeName(cli: Cli, target: LoginTarget, newcomer?: Newcomer): Promise<string> {
  const organization = newcomer?.identification.organization?.trim().replaceAll(/\s+/g, "-") ?? "";
  const base = canName(organization) ? organization : target.name;
  for (let count = organization === base ? 1 : 2; ; count += 1) {
    const name = count === 1 ? base : `${base}-${count}`;
    const existing = await findStored(cli, name);
    const isFree =
      !existing || (newcomer && !(await findConflict(cli, { ...target, name, existing }, newcomer)));
    if (isFree) return name;
  }
}

async function findConflict(
  cli: Cli,
  { existing, endpoint }: LoginTarget,
  { token, identification }: Newcomer,
): Promise<string | undefined> {
  if (!existing) return undefined;
  const conflict = differentEndpoint(existing, endpoint);
  if (conflict !== undefined) return conflict;
  if (tokenOf(existing)?.reveal() === token.reveal()) return undefined;
  // Python bentoml does not write the organization down. A token that no longer works has none to lose.
  const known = recall(await cli.store.state(), existing) ?? (await identifyExisting(cli, existing));
  return differentPerson(existing, known, identification);
}

/** Undefined where there is nobody to compare with: a store that cannot be asked now does not stop a new login. */
async function identifyExisting(cli: Cli, context: Context): Promise<Person | undefined> {
  if (!hasToken(context)) return undefined;
  const token = await readToken(cli, context).catch((error: unknown) => void requireExpected(error));
  return token && identifyLogin(cli, { context, token });
}

/** Another login was saved under the name while the user was asked, which takes minutes in a browser. */
export class NameTakenError extends CliError {}

/** Runs under the store's lock. */
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
    throw new NameTakenError("USAGE", `another login was saved meanwhile: ${conflict}`, {
      hint: `to keep both: ${commandFor(`${name}-2`)}`,
    });
}

/** A login that was replaced by a new one. No context has its API token any more. */
export interface ReplacedLogin {
  login: Context;
  /** The server's ID of its API token, if it was created here. */
  uid: string | undefined;
}

/** Undefined when no token was replaced, and when it has expired or another context has it. Runs under the store's lock. */
export function findReplaced(
  file: ContextsFile,
  state: State,
  { name, token, now }: { name: string; token: Token; now: Date },
): ReplacedLogin | undefined {
  const login = findContext(file.contexts, name);
  const secret = login && plainTokenOf(login)?.reveal();
  if (!login?.endpoint.reveal() || secret === undefined || secret === token.reveal()) return undefined;
  const isElsewhere = file.contexts.some((one) => one.name !== name && tokenOf(one)?.reveal() === secret);
  const { token_uid: uid, expires_at } = recall(state, login) ?? {};
  const hasExpired = expires_at != null && Date.parse(expires_at) <= now.getTime();
  return isElsewhere || hasExpired ? undefined : { login, uid };
}

function differentEndpoint({ name, endpoint: stored }: Context, endpoint: string): string | undefined {
  if (stored.reveal() === "" || isSameEndpoint(stored, endpoint)) return undefined;
  return `the context "${name}" is for ${stored}, not ${endpoint}`;
}

function differentPerson(stored: Context, known: Person | undefined, after: Person): string | undefined {
  // The file can name an e-mail that is not the token's.
  const before = { email: known?.email ?? stored.email, organization: known?.organization ?? null };
  const isSame = (key: keyof Person) => before[key] === null || before[key] === after[key];
  if (isSame("email") && isSame("organization")) return undefined;
  const [theirs, ours] = [describePerson(before), describePerson(after)];
  return `the context "${stored.name}" belongs to ${theirs}, but this token is of ${ours}`;
}
