import { type Context, usableTokenOf } from "../contexts/context.ts";
import { showEndpoint } from "../contexts/endpoint.ts";
import { looksLikeToken } from "../contexts/name.ts";
import { checkEndpointPin, checkOrganizationPin } from "../resolve/pins.ts";
import type { Active, Source } from "../resolve/active.ts";
import { requireContext, requireToken } from "../resolve/require.ts";
import { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import type { Identification, Verdict } from "../cloud/auth.ts";
import { type Identity, toIdentity } from "../store/state.ts";
import { warnOfExpiry } from "./expiry.ts";
import { identifySession, recallIdentity, rememberIdentities } from "./session.ts";
import { findStranger } from "./identity.ts";
import { forEachOrigin } from "./pool.ts";

/** One context as `status` tells of it; the keys are the JSON keys. */
export interface Status {
  name: string;
  source: Source;
  endpoint: string | null;
  token_masked: string | null;
  email: string | null;
  organization: string | null;
  verdict: Verdict | "not_logged_in" | "unchecked";
  /** RFC 3339; when the server was last asked. */
  checked_at: string | null;
  /** RFC 3339; null while no one has said. */
  expires_at: string | null;
  active: boolean;
  /** Whether the token is of somebody else than the context was last seen to be. */
  stranger: boolean;
  /** Why the verdict is a bad one. */
  reason: string | null;
  hint: string | null;
}

interface CheckOptions {
  offline: boolean;
  insecureHttp: boolean;
}

const EXIT_CODES: Record<Status["verdict"], number> = {
  valid: 0,
  unchecked: 0,
  rejected: 4,
  expired: 4,
  forbidden: 4,
  not_logged_in: 4,
  unreachable: 5,
  not_bentocloud: 5,
};

/** The worst of them; nothing to check means that nobody is logged in. */
export function worstExitCode(statuses: readonly Status[]): number {
  if (statuses.length === 0) return EXIT_CODES.not_logged_in;
  return Math.max(
    ...statuses.map(({ verdict, stranger }) => Math.max(EXIT_CODES[verdict], stranger ? 4 : 0)),
  );
}

/** @throws CliError `PIN_MISMATCH`, or `NOT_FOUND` for a context that was asked for by name. */
export async function checkActive(cli: Cli, options: CheckOptions): Promise<Status> {
  const active = await cli.resolve();
  const missing = whyNotLoggedIn(active);
  if (missing) return notLoggedIn(active, missing);
  const context = requireContext(active);
  checkEndpointPin(active, context);
  const seen: Identity[] = [];
  await warnOfExpiry(cli, context);
  const status = await checkOne(cli, { context, source: active.source, options, seen });
  if (status.stranger)
    throw new CliError("PIN_MISMATCH", status.reason ?? "", { hint: status.hint ?? undefined });
  await rememberIdentities(cli, seen);
  const knowsOrganization = status.verdict === "unchecked" && status.organization !== null;
  if (status.verdict === "valid" || knowsOrganization) checkOrganizationPin(active, status.organization);
  return { ...status, active: true };
}

export async function checkAll(cli: Cli, options: CheckOptions): Promise<Status[]> {
  const active = await cli.resolve();
  if (active.error) cli.output.warn(active.error.message);
  const { contexts } = await cli.store.read();
  const path = cli.store.paths.file;
  const targets = contexts.map((context) => ({
    context,
    source: { kind: "user", name: "contexts", path, line: context.line } as Source,
  }));
  if (active.context && active.source.kind === "env_key")
    targets.unshift({ context: active.context, source: active.source });
  // Of two entries with one name the first is the one that counts, and the environment's comes before all.
  const used = active.context && targets.find(({ context }) => context.name === active.name);
  const seen: Identity[] = [];
  const originOf = ({ context }: { context: Context }) => URL.parse(context.endpoint)?.origin ?? "";
  const statuses = await forEachOrigin(targets, originOf, async (target) => {
    const { context, source } = target;
    const status = usableTokenOf(context)
      ? await checkOne(cli, { context, source, options, seen })
      : withoutToken(context, source);
    return { ...status, active: target === used };
  });
  await rememberIdentities(cli, seen);
  return statuses;
}

/** An endpoint that no request can go to is a verdict about the context, not a wrong argument. */
async function checkOne(cli: Cli, one: Check): Promise<Status> {
  try {
    return await check(cli, one);
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== "USAGE") throw error;
    const offline = await check(cli, { ...one, options: { ...one.options, offline: true } });
    return { ...offline, verdict: "unreachable", reason: error.message, hint: error.hint ?? null };
  }
}

interface Check {
  context: Context;
  source: Source;
  options: CheckOptions;
  /** Collects what is worth remembering, so that many checks end in one write. */
  seen: Identity[];
}

async function check(cli: Cli, { context, source, options, seen }: Check): Promise<Status> {
  const token = requireToken(context);
  const known = await recallIdentity(cli, context);
  const offline: Status = {
    name: context.name,
    source,
    endpoint: showEndpoint(context.endpoint),
    token_masked: token.masked,
    email: context.email ?? known?.email ?? null,
    organization: known?.organization ?? null,
    verdict: "unchecked",
    checked_at: known?.checked_at ?? null,
    expires_at: known?.expires_at ?? null,
    active: false,
    stranger: false,
    reason: null,
    hint: null,
  };
  if (options.offline) return offline;
  const identification = await identifySession(cli, { context, token }, options);
  const { verdict, email, organization, error } = identification;
  const stranger = await findStranger(cli, context.name, identification);
  if (verdict === "valid" && !stranger) seen.push(toIdentity(context, identification, cli.now()));
  return {
    ...offline,
    email: email ?? offline.email,
    organization: organization ?? offline.organization,
    verdict,
    checked_at: cli.now().toISOString(),
    stranger: stranger !== undefined,
    reason: (stranger ?? error)?.message ?? null,
    hint: stranger?.hint ?? hintFor(source, identification),
  };
}

/** Names the variable when the environment holds the bad token: signing in again would change nothing. */
function hintFor(source: Source, { verdict, error }: Identification): string | null {
  const isTokenFault = verdict === "rejected" || verdict === "expired";
  if (isTokenFault && source.kind === "env_key")
    return "BENTO_CLOUD_API_KEY holds this token: replace it, or unset it";
  return error?.hint ?? null;
}

/** Undefined when there is a login to check; a context asked for by name and missing is an error, not a verdict. */
function whyNotLoggedIn(active: Active): CliError | undefined {
  try {
    requireToken(requireContext(active));
    return undefined;
  } catch (error) {
    if (error instanceof CliError && error.code === "NOT_LOGGED_IN") return error;
    throw error;
  }
}

function notLoggedIn({ name, source, context }: Active, error: CliError): Status {
  return {
    name: context || !looksLikeToken(name) ? name : new Token(name).masked,
    source,
    endpoint: context ? showEndpoint(context.endpoint) : null,
    token_masked: null,
    email: context?.email ?? null,
    organization: null,
    verdict: "not_logged_in",
    checked_at: null,
    expires_at: null,
    active: context !== undefined,
    stranger: false,
    reason: error.message,
    hint: error.hint ?? null,
  };
}

function withoutToken(context: Context, source: Source): Status {
  const active: Active = { name: context.name, source, context, project: undefined, hasOthers: true };
  return notLoggedIn(active, whyNotLoggedIn(active) ?? new CliError("NOT_LOGGED_IN", "no API token"));
}
