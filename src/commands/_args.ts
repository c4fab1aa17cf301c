import type { ArgsDef } from "citty";

/** For every command that sends a request. */
export const REQUEST_ARGS = {
  "insecure-http": { type: "boolean", description: "Allow plain http to a host that is not this machine" },
} as const satisfies ArgsDef;

/** For every command that can do harm with a protected context. */
export const GUARD_ARGS = {
  yes: {
    type: "string",
    valueHint: "context",
    description: "Name of the active context; without it, a protected one asks",
  },
} as const satisfies ArgsDef;

/** For every command that validates a token of the user's. */
export const ENDPOINT_ARG = {
  endpoint: {
    type: "string",
    valueHint: "url",
    description: "Server to sign in to (default: BENTO_CLOUD_API_ENDPOINT, the context's own, or BentoCloud)",
  },
} as const satisfies ArgsDef;
