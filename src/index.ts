/** The library: the credentials that are active here, and requests with them. docs/library.md shows its use. */
export type { Source } from "./resolve/active.ts";
export type { Token } from "./contexts/token.ts";
export { CliError, type ErrorCode } from "./errors.ts";
export { createClient } from "./library/client.ts";
export { type ResolvedContext, resolveContext, type ResolveOptions } from "./library/context.ts";
export type { RequestOptions } from "./library/options.ts";
