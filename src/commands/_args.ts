import type { Cli } from "../app.ts";
import { usageError } from "../errors.ts";
import { flag, flagOrOption, option } from "../cli/command.ts";

/** An argument that names a stored context; completion offers the names. */
export const CONTEXT = { type: "positional", valueHint: "context" } as const;

/** The context that an argument or `--context` names. @throws CliError `USAGE` where they name two. */
export function namedContext({ flags }: Pick<Cli, "flags">, name: string | undefined): string | undefined {
  if (name !== undefined && flags.context !== undefined && name !== flags.context)
    throw usageError(`--context names "${flags.context}", and not "${name}"`, "name the context once");
  return name ?? flags.context;
}

/** For every command that sends a request. */
export const REQUEST_ARGS = {
  "insecure-http": flag("Allow http:// to a host that is not this machine"),
};

/** For every command that may ask before it does something. */
export const YES = flagOrOption("context", "Do not ask; a protected context has to be named");

/** For every login. */
export const ENDPOINT = option(
  "url",
  "Server (default: BENTO_CLOUD_API_ENDPOINT, then the context's, then BentoCloud)",
);
