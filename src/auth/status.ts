import { plainTokenOf } from "../contexts/context.ts";
import { looksLikeToken } from "../system/text.ts";
import { checkEndpointPin, checkOrganizationPin } from "../resolve/pins.ts";
import type { Active, Source } from "../resolve/active.ts";
import { withRemedy } from "../resolve/remedy.ts";
import { requireContext, requireLogin } from "../resolve/require.ts";
import { Token } from "../contexts/token.ts";
import { CliError, requireExpected } from "../errors.ts";
import type { Cli } from "../app.ts";
import type { Verdict } from "../cloud/identify.ts";
import { stateOf } from "../secrets/secret-store.ts";
import type { Sighting } from "../store/state.ts";
import { askExpiry, warnOfExpiry } from "./expiry.ts";
import { findIdentityMismatch, identifyLogin, recallIdentity, rememberSightings } from "./identity.ts";
import { readToken } from "./read-token.ts";
import { type StoreView, viewStore } from "./store-view.ts";

/** What `status` says of one context; the keys are the JSON keys. */
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
  /** RFC 3339; null when the token never expires, or when the server has not said. */
  expires_at: string | null;
  active: boolean;
  /** Whether the token is of another user or organization than the context is expected to be. */
  identity_mismatch: boolean;
  /** Where the token is kept; null for one in no store. */
  store: StoreView | null;
  /** Why the exit code is not 0. */
  reason: string | null;
  hint: string | null;
  /** Whether the server said that the token never expires. Not printed as JSON. */
  neverExpires: boolean;
}

/** Nothing to check means that nobody is logged in. */
export function worstExitCode(statuses: readonly Status[]): number {
  return statuses.length === 0 ? 4 : Math.max(...statuses.map(exitCodeOf));
}

function exitCodeOf({ verdict, identity_mismatch, store }: Status): number {
  if (store && store.state !== "ok" && store.state !== "unchecked") return 6;
  if (verdict === "unreachable" || verdict === "not_bentocloud") return 5;
  return identity_mismatch || (verdict !== "valid" && verdict !== "unchecked") ? 4 : 0;
}

export interface CheckOptions {
  offline: boolean;
}

/** @throws CliError `PIN_MISMATCH`, or `NOT_FOUND` for a context that was asked for by name. */
export async function checkActive(cli: Cli, options: CheckOptions): Promise<Status> {
  const active = await cli.resolve();
  if (active.context) checkEndpointPin(active, active.context);
  const { status, sighting, serverTime } = await checkContext(cli, active, {
    ...options,
    asksExpiry: true,
  });
  if (sighting) await rememberSightings(cli, [sighting]);
  if (active.context) await warnOfExpiry(cli, active.context, serverTime);
  const knowsOrganization = status.verdict === "unchecked" && status.organization !== null;
  if (status.verdict === "valid" || knowsOrganization) checkOrganizationPin(active, status.organization);
  return { ...status, active: active.context !== undefined };
}

interface ContextOptions {
  /** Why the server is not asked. */
  unreachable?: CliError | undefined;
  /** Asks when the token expires, where nobody has seen that time yet. */
  asksExpiry?: boolean;
}

export interface Checked {
  status: Status;
  /** Whether the server was asked, and why that failed. */
  isAsked?: boolean;
  error?: CliError | undefined;
  /** To be remembered; undefined unless the token is valid and of the expected user and organization. */
  sighting?: Sighting | undefined;
  serverTime?: Date | undefined;
}

export async function checkContext(
  cli: Cli,
  active: Active,
  { offline, unreachable, asksExpiry = false }: CheckOptions & ContextOptions,
): Promise<Checked> {
  const { name, context } = active;
  const status = await describeOffline(cli, active);
  const missing = whyNotLoggedIn(active);
  if (missing || !context)
    return { status: { ...status, verdict: "not_logged_in", ...(await toReason(cli, missing, active)) } };
  if (offline) return { status };
  const token = await readToken(cli, context).catch((error: unknown) => requireExpected(error));
  if (token instanceof CliError)
    return { status: { ...status, ...(await withoutToken(cli, token, status, active)) } };
  status.token_masked = token.masked;
  status.store = status.store && { ...status.store, state: "ok" };
  const credential = { context, token, active };
  const [identification, expiry] = unreachable
    ? [(await import("../cloud/identify.ts")).failed(unreachable)]
    : await Promise.all([
        identifyLogin(cli, credential),
        asksExpiry && !isExpiryKnown(status) ? askExpiry(cli, credential) : undefined,
      ]);
  const { verdict, email, organization, error } = identification;
  const mismatch = await findIdentityMismatch(cli, name, identification);
  const time = cli.now();
  return {
    status: {
      ...status,
      email: email ?? status.email,
      organization: organization ?? status.organization,
      verdict,
      checked_at: error?.code === "USAGE" ? status.checked_at : time.toISOString(),
      expires_at: expiry ?? status.expires_at,
      neverExpires: expiry === undefined ? status.neverExpires : expiry === null,
      identity_mismatch: mismatch !== undefined,
      ...(await toReason(cli, mismatch ?? error, active)),
    },
    isAsked: true,
    error,
    sighting:
      error || mismatch
        ? undefined
        : { context, email, organization, time, ...(expiry !== undefined && { expires_at: expiry }) },
    serverTime: identification.time,
  };
}

/** Describes a context without reading its token or asking the server. */
async function describeOffline(cli: Cli, { name, source, context }: Active): Promise<Status> {
  const known = context && (await recallIdentity(cli, context));
  return {
    // A token that somebody wrote in the place of a name is not shown.
    name: context || !looksLikeToken(name) ? name : new Token(name).masked,
    source,
    endpoint: context?.endpoint.masked ?? null,
    token_masked: (context && plainTokenOf(context))?.masked ?? null,
    email: context?.email ?? known?.email ?? null,
    organization: known?.organization ?? null,
    verdict: "unchecked",
    checked_at: known?.checked_at ?? null,
    expires_at: known?.expires_at ?? null,
    active: false,
    identity_mismatch: false,
    store: context ? await viewStore(cli, context) : null,
    reason: null,
    hint: null,
    neverExpires: known?.expires_at === null,
  };
}

export function isExpiryKnown({ expires_at, neverExpires }: Status): boolean {
  return expires_at !== null || neverExpires;
}

/** A token that cannot be read is not checked; a changed endpoint counts as a login that is not the expected one. */
async function withoutToken(cli: Cli, error: CliError, { store }: Status, active: Active) {
  const isElsewhere = error.code === "HOST_MISMATCH";
  return {
    ...(await toReason(cli, error, active)),
    identity_mismatch: isElsewhere,
    store: store && !isElsewhere ? { ...store, state: stateOf(error) } : store,
  };
}

async function toReason(
  cli: Cli,
  error: CliError | undefined,
  active: Active,
): Promise<Pick<Status, "reason" | "hint">> {
  if (!error) return { reason: null, hint: null };
  const { message, hint = null } = await withRemedy(error, { active, env: cli.env, store: () => cli.store });
  return { reason: message, hint };
}

/** Undefined for a login that can be checked. A context asked for by name that does not exist is an error, not a verdict. */
function whyNotLoggedIn(active: Active): CliError | undefined {
  try {
    requireLogin(requireContext(active));
    return undefined;
  } catch (error) {
    if (error instanceof CliError && error.code === "NOT_LOGGED_IN") return error;
    throw error;
  }
}
