import { Context } from "../contexts/context.ts";
import { DEFAULT_ENDPOINT, isSameEndpoint, parseEndpoint } from "../contexts/endpoint.ts";
import type { ContextsFile } from "../contexts/file/read.ts";
import { findProject } from "../contexts/project.ts";
import { previousAfterSwitch } from "../contexts/manage.ts";
import {
  type Active,
  checkEndpointPin,
  chooseLoginName,
  describeSource,
  variable,
} from "../contexts/resolve.ts";
import { recall, remember, toIdentity } from "../contexts/state.ts";
import type { Outcome } from "../contexts/store.ts";
import type { Token } from "../contexts/token.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../system/cli.ts";
import { identify, type Identification } from "../cloud/auth.ts";
import { checkOrganizationPin } from "./open.ts";
import { chooseTokenSource, obtainToken, type TokenOptions } from "./token.ts";

/**
 * Sign-in: everything that can go wrong without the server is found before it is asked, the token is validated
 * before anything is written, and a login that stands under the name already is not replaced by another place or
 * another person unless someone said so.
 */
export interface LoginOptions extends TokenOptions {
  endpoint: string | undefined;
  /** Make the context current. */
  use: boolean;
  /** Replace a context of that name whoever and wherever it is; `"warn"` says so, as Python bentoml does. */
  force: boolean | "warn";
  insecureHttp: boolean;
}

export interface Login extends Outcome {
  context: Context;
  identification: Identification;
  current: boolean;
}

export async function login(cli: Cli, options: LoginOptions): Promise<Login> {
  const source = chooseTokenSource(cli, options);
  const file = await cli.store.read();
  await cli.store.prepare();
  await warnOfSurroundings(cli);
  const project = findProject(cli.cwd(), () => {});
  const name = chooseLoginName({ flag: cli.flags.context, env: cli.env, project, file });
  const existing = file.contexts.find((context) => context.name === name);
  const stored = source === "environment" ? undefined : existing?.endpoint;
  const endpoint = chooseEndpoint(cli, options.endpoint, stored);
  // Refuses plain http before anyone is asked for a token.
  await cli.client({ endpoint, insecureHttp: options.insecureHttp });
  if (existing) await confirmEndpoint(cli, options, { existing, endpoint });
  const token = await obtainToken(cli, { source, endpoint, options });
  const identification = await validate(cli, { endpoint, token, insecureHttp: options.insecureHttp });
  if (existing) await confirmIdentity(cli, options, { existing, endpoint, identification });
  return save(cli, { name, endpoint, token, identification, existing, options });
}

/** Signing in does not depend on what is active here, but this is the time to hear of an empty variable. */
async function warnOfSurroundings(cli: Cli): Promise<void> {
  try {
    await cli.resolve();
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
  }
}

/**
 * A stored endpoint comes back for a new token of the same context; the environment's key never meets it, and no
 * project file has a say, because a cloned repository must not choose where a token goes.
 */
function chooseEndpoint(cli: Cli, given: string | undefined, stored: string | undefined): string {
  const fromEnvironment = variable(cli.env, "BENTO_CLOUD_API_ENDPOINT");
  return parseEndpoint(given ?? fromEnvironment ?? (stored || DEFAULT_ENDPOINT));
}

async function validate(
  cli: Cli,
  { endpoint, token, insecureHttp }: { endpoint: string; token: Token; insecureHttp: boolean },
): Promise<Identification> {
  const identification = await identify(await cli.client({ endpoint, token, insecureHttp }));
  if (identification.error) throw identification.error;
  return identification;
}

async function confirmEndpoint(
  cli: Cli,
  { force }: LoginOptions,
  { existing, endpoint }: { existing: Context; endpoint: string },
): Promise<void> {
  if (existing.endpoint === "" || isSameEndpoint(existing.endpoint, endpoint)) return;
  const fact = `the context "${existing.name}" is for ${existing.endpoint}, not ${endpoint}`;
  await confirmReplacement(cli, force, fact);
}

/** Two organizations on one endpoint are two logins: the second must not take the first one's name unnoticed. */
async function confirmIdentity(
  cli: Cli,
  { force }: LoginOptions,
  {
    existing,
    endpoint,
    identification,
  }: { existing: Context; endpoint: string; identification: Identification },
): Promise<void> {
  if (!isSameEndpoint(existing.endpoint, endpoint)) return;
  const known = recall(await cli.store.state(), existing);
  const email = existing.email ?? known?.email ?? null;
  const before = [email, known?.organization ?? null];
  const after = [identification.email, identification.organization];
  if (before.every((value, index) => value === null || value === after[index])) return;
  const describe = (who: readonly (string | null)[]) => who.filter(Boolean).join(" in ");
  const fact = `the context "${existing.name}" belongs to ${describe(before)}, but this token is of ${describe(after)}`;
  await confirmReplacement(cli, force, fact);
}

async function confirmReplacement(cli: Cli, force: boolean | "warn", fact: string): Promise<void> {
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

interface Save {
  name: string;
  endpoint: string;
  token: Token;
  identification: Identification;
  /** What stood under the name when the user was asked about it. */
  existing: Context | undefined;
  options: LoginOptions;
}

async function save(cli: Cli, plan: Save): Promise<Login> {
  const { name, endpoint, token, identification, options } = plan;
  const { email } = identification;
  const { use } = options;
  const context = new Context({ name, endpoint, email, apiToken: token.reveal(), line: null });
  const outcome = await cli.store.update((file, state) => {
    refuseNewcomer(file, plan);
    const previous = use ? previousAfterSwitch(file, name) : undefined;
    const identity = toIdentity(context, identification, cli.now());
    return {
      changes: [
        { kind: "put", name, endpoint, token, email },
        ...(use ? [{ kind: "use", name } as const] : []),
      ],
      state: { ...remember(state, identity), ...(previous === undefined ? {} : { previous }) },
    };
  });
  return { ...outcome, context, identification, current: outcome.file.current.name === name };
}

/** A browser sign-in can take minutes: a login elsewhere that was saved under the name meanwhile is not replaced. */
function refuseNewcomer(file: ContextsFile, { name, endpoint, existing, options }: Save): void {
  const found = file.contexts.find((context) => context.name === name);
  if (!found || options.force || found.endpoint === existing?.endpoint) return;
  if (isSameEndpoint(found.endpoint, endpoint)) return;
  throw new CliError("FAILURE", `the context "${name}" was meanwhile saved for ${found.endpoint}`, {
    hint: "sign in again, with --context and another name to keep both",
  });
}

/** Says what was saved, where, and what is active here in spite of it. */
export async function announceLogin(cli: Cli, result: Login): Promise<void> {
  const { context, identification, current, narrowed } = result;
  const { name, endpoint } = context;
  const { email, organization } = identification;
  const { output, store } = cli;
  if (output.json) output.data({ name, endpoint, email, organization, current });
  output.success(`Logged in to ${endpoint}${email === null ? "" : ` as ${email}`} in ${organization}`);
  output.info(
    `Saved as context "${name}"${current ? ", now current" : ""}, in plain text in ${store.paths.file}`,
  );
  reportNarrowed(cli, narrowed);
  const active = await resolveAfterwards(cli);
  if (!active) return;
  if (active.name !== name && current) {
    output.warn(`here, ${describeSource(active.source)} still wins: the active context is "${active.name}"`);
  } else if (active.context?.name === name && active.project) {
    warnOfPins(cli, active, organization);
  }
}

/** A variable or project file that is in disorder must not make a change that was made look like a failure. */
export async function resolveAfterwards(cli: Cli): Promise<Active | undefined> {
  try {
    return await cli.resolveElsewhere();
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    cli.output.warn(`nothing can be active here: ${error.message}`);
    return undefined;
  }
}

function warnOfPins(cli: Cli, active: Active, organization: string | null): void {
  try {
    if (active.context) checkEndpointPin(active, active.context);
    checkOrganizationPin(active, organization);
  } catch (error) {
    cli.output.warn(error instanceof Error ? error.message : String(error));
  }
}

/** For every command that writes the shared file. */
export function reportNarrowed(cli: Cli, mode: number | undefined): void {
  if (mode === undefined) return;
  const before = mode.toString(8).padStart(3, "0");
  cli.output.warn(
    `${cli.store.paths.file} could be read by others (mode ${before}); it is now for you alone (600)`,
  );
}
