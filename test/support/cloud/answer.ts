import type { IncomingHttpHeaders } from "node:http";
import type { Caller } from "./authenticate.ts";
import type { Records } from "./records.ts";

/** A request as it reached the server. */
export interface SeenRequest {
  method: string;
  /** Without the query, and without the server's prefix if it began with it. */
  path: string;
  query: Record<string, string>;
  headers: IncomingHttpHeaders;
  body: string;
  /** The route that knows it, for example `GET /api/v1/api_tokens/{uid}`; null for an unknown one. */
  route: string | null;
}

/** A status with a body, or a connection closed without an answer. */
export type Answer =
  | { status: number; headers?: Record<string, string>; json?: unknown; html?: string }
  | { closed: true };

export interface Call {
  request: SeenRequest;
  records: Records;
  /** The value of `{uid}` or `{name}` in the route, decoded. */
  uid: string;
  /** The server's path prefix, empty for none. */
  prefix: string;
  /** The result of the authentication, when that came before a wait. */
  caller?: Caller | Answer;
}

export type Handler = (call: Call) => Answer;

export function ok(json: unknown): Answer {
  return { status: 200, json };
}

/** Yatai reports what went wrong after authentication under `error`, before it under `message`. */
export function failure(status: number, error: string): Answer {
  return { status, json: { error } };
}

export function refusal(status: number, message: string): Answer {
  return { status, json: { message } };
}

export function unknownRoute(method: string): Answer {
  return refusal(404, `not found this router with method ${method}`);
}
