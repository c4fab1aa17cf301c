import type { CreatedToken } from "../cloud/tokens.ts";
import { identify, type Identification } from "../cloud/identify.ts";
import { Context, findContext } from "../contexts/context.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import { previousAfterSwitch } from "../store/manage-contexts.ts";
import { findProject } from "../resolve/bentorc.ts";
import { chooseLoginName } from "../resolve/login-name.ts";
import { describeExpectation } from "../resolve/pins.ts";
import { withLoginRemedy } from "../resolve/remedy.ts";
import { loginCommand } from "../resolve/require.ts";
import { quoteWord } from "../system/text.ts";
import type { Place } from "../secrets/secret-store.ts";
import { remember, type Sighting } from "../store/state.ts";
import type { Outcome } from "../store/tools.ts";
import type { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { discardToken } from "./discard-token.ts";
import { chooseEndpoint } from "./login-endpoint.ts";
import type { Left } from "./change-stores.ts";
import { chooseStore, keepToken, placeOf, requireUsable } from "./login-store.ts";
import {
  type LoginTarget,
  NameTakenError,
  type Newcomer,
  findReplaced,
  refuseKnownConflict,
  refuseNewcomer,
  type ReplacedLogin,
  settleName,
} from "./replace-login.ts";
import { chooseTokenSource, type TokenInput, type TokenOptions } from "./token-input.ts";

export interface LoginOptions extends TokenOptions, Pick<LoginTarget, "use" | "force"> {
  endpoint: string | undefined;
  /** The value of `--store`. */
  store?: string | undefined;
}

export interface Login extends Outcome {
  context: Context;
  identification: Identification;
  current: boolean;
  /** Whether the context already had a login of this user at this endpoint. */
  isRenewal: boolean;
  /** Where its token is kept now. */
  place: Place | "file";
  /** What could not be erased of the login that it replaced. */
  left: Left[];
  replaced: ReplacedLogin | undefined;
}

/**
 * Signs in. Everything that can fail without the server fails before the server is asked, and the token is validated
 * before anything is written. What a person has typed or approved is not lost to a failure that may pass.
 */
export async function login(cli: Cli, options: LoginOptions): Promise<Login> {
  const { use, force } = options;
  const kept = chooseStore(options);
  const source = chooseTokenSource(cli, options);
  const file = await cli.store.read();
  const project = findProject(cli.cwd, (message) => cli.output.warn(message));
  const name = chooseLoginName({ flag: cli.flags.context, env: cli.env, project, file });
  await cli.store.prepare(name);
  const existing = findContext(file.contexts, name);
  if (kept !== "file") await requireUsable(cli, kept ?? (await placeOf(cli, existing)));
  const isForeign = await cli.store.isForeign();
  const from = chooseEndpoint(cli, options.endpoint, { source, existing, project, isForeign });
  // Refuses plain http before anyone is asked for a token.
  await cli.client({ endpoint: from.endpoint });
  const targetAt = (endpoint: string): LoginTarget => {
    const store = options.store === undefined ? "" : ` --store ${options.store}`;
    const words = options.command ? ` -- ${options.command.map(quoteWord).join(" ")}` : "";
    const option = [
      source.option,
      store,
      use ? "" : " --no-use",
      cli.flags.insecureHttp ? " --insecure-http" : "",
    ].join("");
    const commandFor = (other: string) =>
      `${loginCommand(other)}${option} --endpoint ${quoteWord(endpoint)}${words}`;
    return { name, place: kept, endpoint, existing, use, force, commandFor };
  };
  await refuseKnownConflict(cli, targetAt(from.endpoint));
  const expectation = describeExpectation(project, from.endpoint);
  if (expectation !== "" && source.kind === "person") cli.output.prompt(`${project?.path}: ${expectation}`);
  const input = await source.open(from);
  const target = targetAt(input.endpoint);
  if (input.kind !== "made") return keep(cli, target, await readValid(cli, target, input));
  const token = await input.read();
  try {
    return await keep(cli, target, await repeat(cli, () => validate(cli, target.endpoint, { token })));
  } catch (error) {
    await discardToken(cli, { endpoint: target.endpoint, token });
    throw error;
  }
}

const MAX_TRIES = 3;
const ABOUT_TOKEN = new Set<string>(["USAGE", "TOKEN_REJECTED", "TOKEN_EXPIRED", "FORBIDDEN"]);

/** Asks a person again for a token that is mistyped or that the server refuses. */
async function readValid(cli: Cli, target: LoginTarget, input: TokenInput): Promise<Newcomer> {
  for (let count = 1; ; count += 1) {
    try {
      const token = await input.read();
      const check = () => validate(cli, target.endpoint, { token, variable: input.variable });
      return await (input.kind === "typed" ? repeat(cli, check) : check());
    } catch (error) {
      const isAgain = input.kind === "typed" && count < MAX_TRIES;
      if (!isAgain || !(error instanceof CliError) || !ABOUT_TOKEN.has(error.code)) throw error;
      const reason = [error.message, error.hint].filter(Boolean).join("; ");
      cli.output.prompt(reason);
      cli.output.prompt(`Try again (${count + 1} of ${MAX_TRIES})`);
    }
  }
}

/** Offers to repeat what the network or the disk kept from working, so that nothing is typed or approved twice. */
async function repeat<T>(cli: Cli, act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      const mayPass = error instanceof CliError && (error.exitCode === 5 || error.exitCode === 6);
      if (!mayPass || !cli.interactive) throw error;
      cli.output.prompt(error.message);
      const prompt = await cli.prompt();
      if (!(await prompt.confirm("Try again?"))) throw error;
    }
  }
}

/** @throws CliError for a token that does not work, or whose organization cannot be seen. */
export async function validate(
  cli: Cli,
  endpoint: string,
  { token, variable }: { token: Token; variable?: string | undefined },
): Promise<Newcomer> {
  const identification = await identify(await cli.client({ endpoint, token }));
  if (identification.error)
    throw withLoginRemedy(identification.error, { endpoint, env: cli.env, name: variable });
  return { token, identification };
}

/** Saves the login under a name that it may have. */
async function keep(cli: Cli, target: LoginTarget, newcomer: Newcomer): Promise<Login> {
  for (;;) {
    const settled = await settleName(cli, target, newcomer);
    try {
      return await repeat(cli, () => saveLogin(cli, settled, newcomer));
    } catch (error) {
      if (!(error instanceof NameTakenError) || !cli.interactive) throw error;
    }
  }
}

/** @param created What the server said of the token, when it was just created. */
export async function saveLogin(
  cli: Cli,
  target: LoginTarget,
  newcomer: Newcomer,
  created?: CreatedToken,
): Promise<Login> {
  const { name, endpoint, use, existing, force } = target;
  const { token, identification } = newcomer;
  const { email, organization } = identification;
  const toContext = (text: Token) =>
    new Context({ name, endpoint, email, apiToken: text.reveal(), line: null });
  const facts = created && { token_uid: created.uid, expires_at: created.expiresAt?.toISOString() ?? null };
  const seen: Omit<Sighting, "context"> = { email, organization, time: cli.now(), ...facts };
  const put = (text: Token) =>
    cli.store.update((file, state) => {
      refuseNewcomer(file, state, target, newcomer);
      const previous = use ? previousAfterSwitch(file, name) : undefined;
      return {
        changes: [
          { kind: "put", name, endpoint, token: text, email },
          ...(use ? [{ kind: "use", name } as const] : []),
        ],
        state: {
          ...remember(state, { ...seen, context: toContext(text) }),
          ...(previous !== undefined && { previous }),
        },
        result: findReplaced(file, state, { name, token, now: cli.now() }),
      };
    });
  const place = target.place ?? (await placeOf(cli, existing));
  const { result: outcome, left } = await keepToken(cli, { name, endpoint, place, token, existing }, put);
  const isRenewal = !force && existing?.email === email && isSameEndpoint(existing?.endpoint ?? "", endpoint);
  const current = outcome.file.current.name === name;
  const { result: replaced, ...rest } = outcome;
  const context = toContext(token);
  return { ...rest, result: undefined, context, identification, isRenewal, replaced, current, place, left };
}
