import { flag, flagOrOption, option } from "../cli/command.ts";

/** An argument that names a stored context; completion offers the names. */
export const CONTEXT = { type: "positional", valueHint: "context" } as const;

/** For every command that sends a request. */
export const REQUEST_ARGS = {
  "insecure-http": flag("Allow http:// to a host that is not this machine"),
};

/** For every command that asks before it uses a protected context. */
export const YES = option("context", "Name of the active context; without it, a protected one asks");

/** For commands that may ask for something else as well, or change several contexts. */
export const YES_ALSO = flagOrOption(
  "context",
  "Do not ask; a protected context is asked for unless it is named",
);

/** For every login. */
export const ENDPOINT = option(
  "url",
  "Server (default: BENTO_CLOUD_API_ENDPOINT, then the context's, then BentoCloud)",
);
