import { flag, flagOrOption, option } from "../cli/command.ts";

/** An argument that names a stored context; completion offers the names. */
export const CONTEXT = { type: "positional", valueHint: "context" } as const;

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
