/** The library: the active credentials, and requests with them. docs/guides/typescript.md shows how to use it. */
export type { Source } from "./resolve/active.ts";
export type { Token } from "./contexts/token.ts";
export { CliError, type ErrorCode } from "./errors.ts";
export { createClient, type RequestOptions } from "./library/create-client.ts";
export { type ResolvedContext, resolveContext, type ResolveOptions } from "./library/resolve-context.ts";
