import type { ApiToken } from "../../cloud/api-token.ts";
import type { Identification } from "../../cloud/auth.ts";
import { CliError } from "../../errors.ts";
import type { Context } from "../../contexts/context.ts";
import { usableTokenOf } from "../../contexts/context.ts";
import { parseEndpoint } from "../../contexts/endpoint.ts";
import { checkEndpointPin } from "../../resolve/pins.ts";
import { requireContext } from "../../resolve/require.ts";
import type { Active } from "../../resolve/active.ts";
import type { Token } from "../../contexts/token.ts";
import { identifyLogin } from "../../auth/identity.ts";
import type { Cli } from "../../app.ts";
import type { Finding } from "../check.ts";
import { failureOf } from "./failure.ts";

/** What the checks of a server know of it, and learn from each other. */
export interface Visit {
  active: Active;
  context: Context;
  token: Token | undefined;
  endpoint: string;
  url: URL;
  insecureHttp: boolean;
  /** Whether a proxy stands in between, so that only whole requests say anything. */
  isProxied: boolean;
  /** When the server answered by its own clock, and the moments between which that was by ours. */
  clock?: { date: Date; from: Date; to: Date };
  /** Whose token it is, asked once; undefined without a token. */
  identify(): Promise<Identification | undefined>;
  /** The token as the server lists it, asked once; undefined where that cannot be told. */
  own(): Promise<ApiToken | undefined>;
}

/** The active context's server, or why there is none to look at. */
export async function beginVisit(
  cli: Cli,
  { insecureHttp }: { insecureHttp: boolean },
): Promise<Visit | Finding> {
  try {
    const active = await cli.resolve();
    if (!active.context && active.source.kind === "user")
      return {
        status: "ok",
        message: "no context is active, so no server is asked",
        hint: "bentocloud login",
      };
    const context = requireContext(active);
    checkEndpointPin(active, context);
    const endpoint = readEndpoint(context);
    const token = usableTokenOf(context);
    let identification: Promise<Identification> | undefined;
    let own: Promise<ApiToken | undefined> | undefined;
    return {
      active,
      context,
      token,
      endpoint,
      url: new URL(endpoint),
      insecureHttp,
      isProxied: false,
      async identify() {
        return token && (identification ??= identifyLogin(cli, { context, token }, { insecureHttp }));
      },
      async own() {
        return token && (own ??= findListed(cli, { context, token, insecureHttp }));
      },
    };
  } catch (error) {
    return failureOf(error);
  }
}

function readEndpoint({ name, endpoint }: Context): string {
  try {
    return parseEndpoint(endpoint);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw new CliError("USAGE", `the endpoint of the context "${name}" cannot be used: ${error.message}`, {
      hint: error.hint,
    });
  }
}

/** Not every token may see the list, and not every server says which one of it is ours. */
async function findListed(
  cli: Cli,
  { context, token, insecureHttp }: { context: Context; token: Token; insecureHttp: boolean },
): Promise<ApiToken | undefined> {
  const { listTokens } = await import("../../cloud/tokens.ts");
  const { matchTokens } = await import("../../tokens/match.ts");
  try {
    const listed = await listTokens(await cli.client({ endpoint: context.endpoint, token, insecureHttp }));
    return (await matchTokens(cli, context, listed)).find(token);
  } catch (error) {
    if (!(error instanceof CliError) || error.code === "CANCELLED") throw error;
    cli.output.debug(error.message);
    return undefined;
  }
}
