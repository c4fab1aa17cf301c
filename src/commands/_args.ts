import type { ArgsDef } from "citty";

/** For an argument that names a stored context; completion offers the names. */
export const CONTEXT = { type: "positional", valueHint: "context" } as const;

/** For every command that sends a request. */
export const REQUEST_ARGS = {
  "insecure-http": { type: "boolean", description: "Allow http:// to a host that is not this machine" },
} as const satisfies ArgsDef;

/** For every command that asks before it uses a protected context. */
export const GUARD_ARGS = {
  yes: {
    type: "string",
    valueHint: "context",
    description: "The active context's name; answers the question that a protected context asks",
  },
} as const satisfies ArgsDef;

/** For every login. */
export const ENDPOINT_ARG = {
  endpoint: {
    type: "string",
    valueHint: "url",
    description: "Server (default: BENTO_CLOUD_API_ENDPOINT, then the context's, then BentoCloud)",
  },
} as const satisfies ArgsDef;
