import { createClient as createCloudClient } from "../cloud/client.ts";
import type { $Fetch } from "ofetch";
import { bindFetch } from "../cloud/fetch.ts";
import { complete, type RequestOptions } from "./options.ts";
import type { ResolvedContext } from "./context.ts";

/**
 * An ofetch instance for one context: `client("/api/v2/deployments")` asks its endpoint with its token, which goes
 * nowhere else.
 *
 * @throws CliError when the endpoint may not be spoken to; requests do so for whatever goes wrong.
 */
export function createClient(
  { endpoint, token }: Pick<ResolvedContext, "endpoint" | "token">,
  options: RequestOptions = {},
): $Fetch {
  const request = complete(options);
  const connect = (signal?: AbortSignal) =>
    createCloudClient({
      ...request,
      endpoint,
      token,
      signal: signal ? AbortSignal.any([request.signal, signal]) : request.signal,
      debug: () => {},
    });
  connect();
  return bindFetch(connect);
}
