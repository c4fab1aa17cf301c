import type { ApiToken } from "../cloud/api-token.ts";
import { identify, type Identification } from "../cloud/auth.ts";
import { Context, findContext } from "../contexts/context.ts";
import { DEFAULT_ENDPOINT, parseEndpoint } from "../contexts/endpoint.ts";
import { previousAfterSwitch } from "../store/manage.ts";
import { findProject, type Project } from "../resolve/bentorc.ts";
import { environmentEndpoint, variable } from "../resolve/environment.ts";
import { chooseLoginName } from "../resolve/login-name.ts";
import { type Identity, remember, toIdentity } from "../store/state.ts";
import type { Outcome } from "../store/tools.ts";
import type { Token } from "../contexts/token.ts";
import { usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { confirmEndpoint, confirmIdentity, type Force, refuseNewcomer } from "./replace-login.ts";
import { chooseTokenSource, obtainToken, type TokenOptions, type TokenSource } from "./token-input.ts";

/**
 * Sign-in: everything that can go wrong without the server is found before it is asked, the token is validated
 * before anything is written, and a login that stands under the name already is not replaced by another place or
 * another person unless someone said so.
 */
export interface LoginOptions extends TokenOptions {
  endpoint: string | undefined;
  /** Make the context current. */
  use: boolean;
  /** Replace a context of that name, whoever and wherever it is. */
  force: Force;
  insecureHttp: boolean;
}

export interface Login extends Outcome {
  context: Context;
  identification: Identification;
  current: boolean;
}

export async function login(cli: Cli, options: LoginOptions): Promise<Login> {
  const { force, insecureHttp } = options;
  const source = chooseTokenSource(cli, options);
  const file = await cli.store.read();
  await cli.store.prepare();
  const project = findProject(cli.cwd(), (message) => cli.output.warn(message));
  const name = chooseLoginName({ flag: cli.flags.context, env: cli.env, project, file });
  const existing = findContext(file.contexts, name);
  const stored = source === "environment" ? undefined : existing?.endpoint;
  const endpoint = chooseEndpoint(cli, options.endpoint, stored);
  if (isUnseen(cli, source))
    refuseChoiceOfProject(cli, { project, stored, endpoint, given: options.endpoint });
  // Refuses plain http before anyone is asked for a token.
  await cli.client({ endpoint, insecureHttp });
  if (existing) await confirmEndpoint(cli, { existing, endpoint, force });
  const token = await obtainToken(cli, { source, endpoint, options });
  const identification = await validate(cli, { endpoint, token, insecureHttp });
  if (existing) {
    await confirmIdentity(cli, { existing, endpoint, token, identification, force, insecureHttp });
  }
  return saveLogin(cli, { name, endpoint, token, identification, existing, options });
}

/** Whether the token goes out without a person having read where to. */
function isUnseen(cli: Cli, source: TokenSource): boolean {
  return source === "argument" || (source === "stdin" && !cli.isTerminal(0));
}

/**
 * A `.bentorc` may choose which of the user's contexts is meant, and so which stored endpoint: fine for a person who is
 * told and asked, but not for a token that is already on its way.
 */
function refuseChoiceOfProject(
  cli: Cli,
  choice: {
    project: Project | undefined;
    stored: string | undefined;
    endpoint: string;
    given: string | undefined;
  },
): void {
  const { project, stored, endpoint, given } = choice;
  const isNamed = cli.flags.context !== undefined || variable(cli.env, "BENTOML_CLOUD_CONTEXT") !== undefined;
  const isGiven = given !== undefined || variable(cli.env, "BENTO_CLOUD_API_ENDPOINT") !== undefined;
  if (project?.context === undefined || isNamed || isGiven || !stored || endpoint === DEFAULT_ENDPOINT)
    return;
  throw usageError(
    `${project.path} would send this token to ${endpoint}, the endpoint of its context "${project.context}"`,
    "pass --context or --endpoint to say where it goes",
  );
}

/**
 * A stored endpoint comes back for a new token of the same context; the environment's key never meets it, and no
 * project file supplies one, because a cloned repository must not choose where a token goes.
 */
function chooseEndpoint(cli: Cli, given: string | undefined, stored: string | undefined): string {
  if (given !== undefined) return parseEndpoint(given);
  return environmentEndpoint(cli.env) ?? parseEndpoint(stored || DEFAULT_ENDPOINT);
}

/** @throws CliError for a token that does not work, or whose organization cannot be seen. */
export async function validate(
  cli: Cli,
  { endpoint, token, insecureHttp }: { endpoint: string; token: Token; insecureHttp: boolean },
): Promise<Identification> {
  const identification = await identify(await cli.client({ endpoint, token, insecureHttp }));
  if (identification.error) throw identification.error;
  return identification;
}

interface Save {
  name: string;
  endpoint: string;
  token: Token;
  identification: Identification;
  /** What stood under the name when the user was asked about it. */
  existing: Context | undefined;
  options: Pick<LoginOptions, "use" | "force">;
  /** What the server said of the token, when it was just created. */
  created?: Pick<ApiToken, "uid" | "expiresAt">;
}

export async function saveLogin(cli: Cli, plan: Save): Promise<Login> {
  const { name, endpoint, token, identification, existing, options, created } = plan;
  const { email } = identification;
  const { use } = options;
  const context = new Context({ name, endpoint, email, apiToken: token.reveal(), line: null });
  const outcome = await cli.store.update((file, state) => {
    refuseNewcomer(file, state, { name, endpoint, token, identification, existing, force: options.force });
    const previous = use ? previousAfterSwitch(file, name) : undefined;
    const identity = { ...toIdentity(context, identification, cli.now()), ...factsOf(created) };
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

function factsOf(created: Save["created"]): Pick<Identity, "token_uid" | "expires_at"> {
  return created ? { token_uid: created.uid, expires_at: created.expiresAt?.toISOString() ?? null } : {};
}
