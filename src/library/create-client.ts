import type { $Fetch } from "ofetch";
import { createClient as createCloudClient } from "../cloud/client.ts";
import { bindFetch } from "../cloud/fetch.ts";
import type { Token } from "../contexts/token.ts";
import { usageError } from "../errors.ts";
import type { Active } from "../resolve/active.ts";
import { checkRequestedOrganization } from "../resolve/pins.ts";
import { ownEnvironment } from "../system/runtime.ts";

/** Options of functions that may send a request. */
export interface RequestOptions {
  /** Time for a request and its retries: 30 seconds by default, a day at most. */
  timeoutMs?: number;
  /** Aborts the request, which then fails with the code `CANCELLED`. */
  signal?: AbortSignal;
  /** Allows plain http to a host that is not this machine. */
  insecureHttp?: boolean;
}

/** The part of a resolved context that a client needs. */
interface Credentials {
  endpoint: string;
  token: Token;
  /** The `.bentorc` whose pins are checked. */
  project?: Active["project"] | undefined;
}

/**
 * An ofetch instance for one context: `client("/api/v2/deployments")` sends a request to its endpoint with its token.
 * The token is sent to no other place.
 *
 * @throws CliError when the endpoint must not be used. A failed request rejects with a `CliError` too.
 */
export function createClient(
  { endpoint, token, project }: Credentials,
  options: RequestOptions = {},
): $Fetch {
  const request = withDefaults(options);
  const connect = (signal?: AbortSignal) =>
    createCloudClient({
      ...request,
      endpoint,
      token,
      env: ownEnvironment(),
      signal: signal ? AbortSignal.any([request.signal, signal]) : request.signal,
      debug: () => {},
    });
  // Connect now, so that a wrong endpoint throws here and not at the first request.
  connect();
  return bindFetch(connect, (message) => checkRequestedOrganization({ project }, message));
}

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_TIMEOUT_MS = 86_400_000;

/** @throws CliError `USAGE` for a time that no timer can wait. */
export function withDefaults(options: RequestOptions): Required<RequestOptions> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, insecureHttp = false } = options;
  if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS))
    throw usageError(`timeoutMs takes a number of milliseconds above 0 and up to ${MAX_TIMEOUT_MS}`);
  return { timeoutMs, insecureHttp, signal: options.signal ?? new AbortController().signal };
}
