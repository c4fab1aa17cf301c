import type { CreatedToken } from "../cloud/tokens.ts";
import { identify, type Identification } from "../cloud/identify.ts";
import { Context, findContext } from "../contexts/context.ts";
import { DEFAULT_ENDPOINT, parseEndpoint } from "../contexts/endpoint.ts";
import { previousAfterSwitch } from "../store/manage-contexts.ts";
import { findProject, type Project } from "../resolve/bentorc.ts";
import { environmentEndpoint, variable } from "../resolve/environment.ts";
import { chooseLoginName } from "../resolve/login-name.ts";
import { loginCommand } from "../resolve/require.ts";
import { remember, type Sighting } from "../store/state.ts";
import type { Outcome } from "../store/tools.ts";
import type { Token } from "../contexts/token.ts";
import { usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import {
  confirmEndpoint,
  confirmIdentity,
  type LoginTarget,
  type Newcomer,
  refuseNewcomer,
} from "./replace-login.ts";
import { confirmProtected } from "./confirm-protected.ts";
import { chooseTokenSource, type TokenOptions, type TokenSource } from "./token-input.ts";

export interface LoginOptions extends TokenOptions, Pick<LoginTarget, "use" | "force"> {
  endpoint: string | undefined;
  /** Protected contexts that may be replaced. */
  yes: readonly string[];
}

export interface Login extends Outcome {
  context: Context;
  identification: Identification;
  current: boolean;
}

/** For the question about a protected context. */
export const REPLACE = "replace its login";

/**
 * Signs in. Everything that can fail without the server fails before the server is asked, and the token is validated
 * before anything is written.
 */
export async function login(cli: Cli, options: LoginOptions): Promise<Login> {
  const { use, force, insecureHttp } = options;
  const source = chooseTokenSource(cli, options);
  const file = await cli.store.read();
  const project = findProject(cli.cwd, (message) => cli.output.warn(message));
  const name = chooseLoginName({ flag: cli.flags.context, env: cli.env, project, file });
  await cli.store.prepare(name);
  const existing = findContext(file.contexts, name);
  if (existing || options.yes.some((name) => name !== ""))
    await confirmProtected(cli, [name], { yes: options.yes, intent: REPLACE });
  const isForeign = await cli.store.isForeign();
  const endpoint = chooseEndpoint(cli, options.endpoint, { source, existing, project, isForeign });
  // Refuses plain http before anyone is asked for a token.
  await cli.client({ endpoint, insecureHttp });
  const commandFor = (other: string) => `${loginCommand(other)} --endpoint ${endpoint}`;
  const target = { name, endpoint, existing, use, force, insecureHttp, commandFor };
  await confirmEndpoint(cli, target);
  const newcomer = await validate(cli, target, await source.read(endpoint));
  await confirmIdentity(cli, target, newcomer);
  return saveLogin(cli, target, newcomer);
}

/**
 * An endpoint that is stored is used again for a new token of its context, but not for the environment's token, which
 * belongs to the environment's endpoint. A project's file never names an endpoint to send a token to. It can only choose
 * which of the user's contexts is meant, and with that a stored endpoint: a person at a prompt sees it, but a token that
 * is piped in would already be on its way. Another user's contexts file names none either.
 */
function chooseEndpoint(
  cli: Cli,
  given: string | undefined,
  found: {
    source: TokenSource;
    existing: Context | undefined;
    project: Project | undefined;
    isForeign: boolean;
  },
): string {
  const { source, existing, project, isForeign } = found;
  const chosen = given === undefined ? environmentEndpoint(cli.env) : parseEndpoint(given);
  if (chosen !== undefined) return chosen;
  if (source.isEnvironment || !existing?.endpoint.reveal()) return DEFAULT_ENDPOINT;
  const endpoint = parseEndpoint(existing.endpoint);
  if (isForeign && endpoint !== DEFAULT_ENDPOINT)
    throw usageError(
      `${cli.store.paths.file} belongs to another user, so it does not choose where a token is sent`,
      `if it may go to ${endpoint}, say so with --endpoint`,
    );
  const isNamed = cli.flags.context !== undefined || variable(cli.env, "BENTOML_CLOUD_CONTEXT") !== undefined;
  if (!source.isUnattended || project?.context === undefined || isNamed || endpoint === DEFAULT_ENDPOINT)
    return endpoint;
  throw usageError(
    `${project.path} would send this token to ${endpoint}, the endpoint of its context "${project.context}"`,
    `if it may go there: ${loginCommand(project.context)}`,
  );
}

/** @throws CliError for a token that does not work, or whose organization cannot be seen. */
export async function validate(
  cli: Cli,
  { endpoint, insecureHttp }: Pick<LoginTarget, "endpoint" | "insecureHttp">,
  token: Token,
): Promise<Newcomer> {
  const identification = await identify(await cli.client({ endpoint, token, insecureHttp }));
  if (identification.error) throw identification.error;
  return { token, identification };
}

/** @param created What the server said of the token, when it was just created. */
export async function saveLogin(
  cli: Cli,
  target: LoginTarget,
  newcomer: Newcomer,
  created?: CreatedToken,
): Promise<Login> {
  const { name, endpoint, use } = target;
  const { token, identification } = newcomer;
  const { email, organization } = identification;
  const context = new Context({ name, endpoint, email, apiToken: token.reveal(), line: null });
  const facts = created && { token_uid: created.uid, expires_at: created.expiresAt?.toISOString() ?? null };
  const sighting: Sighting = { context, email, organization, time: cli.now(), ...facts };
  const outcome = await cli.store.update((file, state) => {
    refuseNewcomer(file, state, target, newcomer);
    const previous = use ? previousAfterSwitch(file, name) : undefined;
    return {
      changes: [
        { kind: "put", name, endpoint, token, email },
        ...(use ? [{ kind: "use", name } as const] : []),
      ],
      state: { ...remember(state, sighting), ...(previous !== undefined && { previous }) },
    };
  });
  return { ...outcome, context, identification, current: outcome.file.current.name === name };
}
