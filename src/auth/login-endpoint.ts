import type { Context } from "../contexts/context.ts";
import { DEFAULT_ENDPOINT, parseEndpoint } from "../contexts/endpoint.ts";
import type { Project } from "../resolve/bentorc.ts";
import { environmentEndpoint, variable } from "../resolve/environment.ts";
import { loginCommand } from "../resolve/require.ts";
import { usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import type { TokenSource } from "./token-input.ts";

/**
 * An endpoint that is stored is used again for a new token of its context, but not for the environment's token, which
 * belongs to the environment's endpoint. A project's file never names an endpoint to send a token to. It can only choose
 * which of the user's contexts is meant, and with that a stored endpoint: a person at a prompt sees it, but a token that
 * is piped in would already be on its way. Another user's contexts file names none either.
 */
export function chooseEndpoint(
  cli: Cli,
  given: string | undefined,
  found: {
    source: TokenSource;
    existing: Context | undefined;
    project: Project | undefined;
    isForeign: boolean;
  },
): { endpoint: string; canChange: boolean } {
  const { source, existing, project, isForeign } = found;
  const chosen = given === undefined ? environmentEndpoint(cli.env) : parseEndpoint(given);
  if (chosen !== undefined) return { endpoint: chosen, canChange: false };
  if (source.kind === "environment" || !existing?.endpoint.reveal())
    return { endpoint: DEFAULT_ENDPOINT, canChange: true };
  const endpoint = parseEndpoint(existing.endpoint);
  if (isForeign && endpoint !== DEFAULT_ENDPOINT)
    throw usageError(
      `${cli.store.paths.file} belongs to another user, so it does not choose where a token is sent`,
      `if it may go to ${endpoint}, say so with --endpoint`,
    );
  const isNamed = cli.flags.context !== undefined || variable(cli.env, "BENTOML_CLOUD_CONTEXT") !== undefined;
  if (source.kind !== "piped" || project?.context === undefined || isNamed || endpoint === DEFAULT_ENDPOINT)
    return { endpoint, canChange: !isNamed };
  throw usageError(
    `${project.path} would send this token to ${endpoint}, the endpoint of its context "${project.context}"`,
    `if it may go there: ${loginCommand(project.context)}`,
  );
}
