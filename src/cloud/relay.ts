import type { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import { transmit, type Transmission } from "../system/http.ts";
import { openWebSocket } from "../system/web-socket.ts";
import { type ClientOptions, requireUsable } from "./client.ts";
import { routeOf } from "./route.ts";
import { sendOnce, TOKEN_HEADER } from "./send.ts";
import { targetOf } from "./target.ts";
import { transportError } from "./transport.ts";
import { VERSION } from "../version.ts";

/** Passes on requests that others made, with the token. It repeats none and follows no redirect. */
export interface Relay {
  readonly endpoint: string;
  /** The answer as it comes, redirects included. `path` starts with a slash. @throws CliError when there is none. */
  forward(
    path: string,
    request: Pick<Transmission, "method" | "headers" | "body" | "signal">,
  ): Promise<{ url: URL; response: Response }>;
  openSocket(
    path: string,
    options: { headers: Headers; protocols: string[]; signal: AbortSignal },
  ): ReturnType<typeof openWebSocket>;
}

type RelayOptions = Omit<ClientOptions, "token" | "debug" | "signal"> & { token: Token };

/** @throws CliError as `createClient` does. */
export function createRelay(options: RelayOptions): Relay {
  const { token, env, timeoutMs } = options;
  const endpoint = requireUsable(options);
  // Whether a proxy is used depends on nothing but the endpoint, so a variable that is wrong is found at once.
  const route = routeOf(new URL(endpoint), env);
  return {
    endpoint,
    async forward(path, request) {
      const url = targetOf(endpoint, path);
      const { headers, signal } = request;
      if (!headers.has("user-agent")) headers.set("User-Agent", `bentocloud/${VERSION}`);
      try {
        return { url, response: await sendOnce({ ...request, url }, { token, route, signal }, transmit) };
      } catch (error) {
        if (error instanceof CliError || signal.aborted) throw error;
        throw await transportError(error, { endpoint, url, route, env, timeoutMs, signal });
      }
    },
    async openSocket(path, { headers, ...options }) {
      const url = targetOf(endpoint, path);
      const own = { ...Object.fromEntries(headers), [TOKEN_HEADER]: token.reveal() };
      try {
        return await openWebSocket({ url, headers: own, ...options, route });
      } catch (cause) {
        throw new CliError("UNREACHABLE", `${endpoint} opens no WebSocket there`, { cause });
      }
    },
  };
}
