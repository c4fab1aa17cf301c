import { findCanaries, redactCanaries } from "../canaries.ts";
import type { SeenRequest } from "./answer.ts";
import type { Plan } from "./misbehave.ts";

/** A misbehaviour that was asked for, and how often it has happened. */
export interface Planned {
  route: string;
  plan: Plan;
  times: number;
  hits: number;
}

export interface Seen {
  requests: readonly SeenRequest[];
  planned: readonly Planned[];
  expected: ReadonlyMap<string, number>;
}

/** One sentence for each thing that was wrong, without tokens. */
export function complaints(seen: Seen): string[] {
  return [
    ...seen.requests
      .filter((request) => isUnknown(request, seen))
      .map((one) => `unknown route: ${nameOf(one)}`),
    ...seen.planned.filter(isUnused).map(({ route, times, hits }) => {
      return `misbehaviour never used up: ${route} (${hits} of ${Number.isFinite(times) ? times : "at least 1"})`;
    }),
    ...[...seen.expected].flatMap(([route, times]) => {
      const count = seen.requests.filter((request) => isFor(request, route)).length;
      return count === times ? [] : [`expected ${times} × ${route}, saw ${count}`];
    }),
    ...seen.requests.filter(isAnonymous).map((one) => `a token without a proper User-Agent: ${nameOf(one)}`),
    ...seen.requests.filter(isCareless).map((one) => `a token in the URL: ${nameOf(one)}`),
  ].map(redactCanaries);
}

/** Whether a route such as `GET /api/v1/api_tokens/{uid}`, or an exact path, means this request. */
export function isFor(request: SeenRequest, route: string): boolean {
  return request.route === route || nameOf(request) === route;
}

/** A route that a test plans or expects is no mistake, even when the server does not know it. */
function isUnknown(request: SeenRequest, { planned, expected }: Seen): boolean {
  const named = [...planned.map(({ route }) => route), ...expected.keys()];
  return request.route === null && !named.some((route) => isFor(request, route));
}

function isUnused({ times, hits }: Planned): boolean {
  return Number.isFinite(times) ? hits < times : hits === 0;
}

function isAnonymous({ headers }: SeenRequest): boolean {
  const agent = headers["user-agent"] ?? "";
  return headers["x-yatai-api-token"] !== undefined && !/^(bentocloud\/|python)/.test(agent);
}

function isCareless({ path, query }: SeenRequest): boolean {
  return findCanaries([path, ...Object.values(query)].join(" ")).length > 0;
}

function nameOf({ method, path }: SeenRequest): string {
  return `${method} ${path}`;
}
