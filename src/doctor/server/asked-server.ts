import { type Cli, lazy } from "../../app.ts";
import { identifyLogin } from "../../auth/identity.ts";
import { readToken } from "../../auth/read-token.ts";
import { toAnswer } from "../../cloud/answer.ts";
import type { Client } from "../../cloud/client.ts";
import { routeOf } from "../../cloud/route.ts";
import { listTokens } from "../../cloud/tokens.ts";
import { type Context, hasToken } from "../../contexts/context.ts";
import { parseEndpoint } from "../../contexts/endpoint.ts";
import { CliError, requireCliError } from "../../errors.ts";
import { hostOf, portOf } from "../../system/address.ts";
import { checkEndpointPin } from "../../resolve/pins.ts";
import { requireContext } from "../../resolve/require.ts";
import { matchTokens } from "../../tokens/match.ts";
import { attempt, type Finding, ok } from "../check.ts";
import { open, text } from "../report.ts";

/** The active context's server, and the requests that the checks share. */
export type Target = Exclude<Awaited<ReturnType<typeof findTarget>>, Finding>;

/** @throws CliError when the active context cannot be used. Without an active context the result is a finding. */
export async function findTarget(cli: Cli) {
  const active = await cli.resolve();
  if (!active.context && active.source.kind === "user") {
    const hint = open(active.others.length > 0 ? "bentocloud use NAME" : "bentocloud login");
    return ok(text`no context is active, so no server is asked`, hint);
  }
  const context = requireContext(active);
  checkEndpointPin(active, context);
  const endpoint = readEndpoint(context);
  const url = new URL(endpoint);
  const token = hasToken(context) ? await readToken(cli, context) : undefined;
  return {
    cli,
    active,
    context,
    endpoint,
    url,
    host: hostOf(url),
    port: portOf(url),
    /** @throws CliError when the proxy that applies cannot be used. */
    get route() {
      return routeOf(url, cli.env);
    },
    patience: { timeoutMs: cli.flags.timeoutMs, signal: cli.signal },
    /** Sends no token, because whatever answers may not be BentoCloud. */
    askVersion: lazy(async () => askVersion(cli, await cli.client({ endpoint }))),
    /** The user and organization of the token; undefined without a token. */
    identify: lazy(async () => token && identifyLogin(cli, { context, token })),
    /** The token's entry in the server's list; undefined when it cannot be found or the token may not read the list. */
    findListed: lazy(() =>
      attempt(async () => {
        if (!token) return undefined;
        const listed = await listTokens(await cli.client({ endpoint, token }));
        return (await matchTokens(cli, { context, token }, listed)).find(token);
      }),
    ),
  };
}

function readEndpoint({ name, endpoint }: Context): string {
  try {
    return parseEndpoint(endpoint);
  } catch (error) {
    const { message, hint } = requireCliError(error);
    throw new CliError("USAGE", `the endpoint of the context "${name}" cannot be used: ${message}`, { hint });
  }
}

/** The answer, with the server's time and the times of this machine before and after the request. */
async function askVersion({ now }: Cli, client: Client) {
  const before = now();
  const url = `${client.endpoint}/api/v1/version`;
  const { text: body, status, headers } = await client.read({ method: "GET", url });
  const after = now();
  const answer = toAnswer(new Response(null, { status, headers }), body);
  // An answer from a cache was sent that many seconds ago.
  const age = Number(headers.get("age") ?? 0);
  const sent = Date.parse(headers.get("date") ?? "");
  const server = new Date(sent + (Number.isSafeInteger(age) ? age : 0) * 1000);
  return { answer, clock: Number.isNaN(server.getTime()) ? undefined : { server, before, after } };
}
