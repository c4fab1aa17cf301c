import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { unknownRoute, type Answer, type SeenRequest } from "./cloud/answer.ts";
import { authenticate } from "./cloud/authenticate.ts";
import { approveCode } from "./cloud/login.ts";
import { misbehave, reset, type Plan } from "./cloud/misbehave.ts";
import {
  addDeployment,
  addToken,
  addUser,
  createRecords,
  removeToken,
  type ApiToken,
  type Dialect,
  type NewToken,
  type NewUser,
} from "./cloud/records.ts";
import { matchRoute, type Match } from "./cloud/routes.ts";
import { complaints, isFor, type Planned } from "./cloud/verify.ts";

export interface CloudOptions {
  /** `bentocloud` when not given. */
  dialect?: Dialect;
  /** A path in front of every route, such as `/team/a`. */
  prefix?: string;
  /** PEM texts; with them the server speaks https. */
  tls?: { key: string; cert: string };
  /** Waited before each answer. */
  delayMs?: number;
  /** Any free one when not given. */
  port?: number;
}

/** A BentoCloud, or a Yatai, on a loopback port. */
export interface LocalCloud {
  /** The endpoint, with the prefix. */
  readonly url: string;
  readonly port: number;
  /** Every request so far, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Login codes that have been handed out and not used up, oldest first. */
  readonly codes: readonly string[];
  /** The API tokens there are, oldest first. */
  readonly tokens: readonly ApiToken[];
  addUser(user: NewUser): void;
  /** A new token, by default of me@example.test in acme with the scope `api`. */
  issueToken(token?: NewToken): string;
  /** More deployments in the organization of a token, newest last; a number of them is called `deployment-1` and so on. */
  deploy(token: string, names: number | readonly string[]): void;
  revoke(token: string): void;
  /** Approves a login code as its page would, by default the newest, and gives the token it will be answered with. */
  approve(code?: string, email?: string): string;
  /** Answers a route, or an exact `METHOD /path`, by the plan instead; always, or the next `times` requests. */
  misbehave(route: string, plan: Plan, options?: { times?: number }): void;
  /** Answers each request for which there is no other plan by the plan that is chosen for it; undefined ends that. */
  disturb(choose: ((request: SeenRequest) => Plan | undefined) | undefined): void;
  /** Ends every misbehaviour. */
  behave(): void;
  /** Has `verify` check how often a route was requested. */
  expect(route: string, times: number): void;
  /** Resolves when the route has been requested `times` times, once when not given. */
  seen(route: string, times?: number, timeoutMs?: number): Promise<void>;
  /**
   * Throws a list of what was wrong: requests to unknown routes, misbehaviours that never happened,
   * expectations not met, tokens sent in a URL or without a User-Agent of ours or Python's.
   */
  verify(): void;
  stop(): Promise<void>;
}

export async function startCloud(options: CloudOptions = {}): Promise<LocalCloud> {
  const { dialect = "bentocloud", prefix = "", tls, delayMs = 0, port = 0 } = options;
  const records = createRecords(dialect);
  const requests: SeenRequest[] = [];
  const planned: Planned[] = [];
  const expected = new Map<string, number>();
  let disturbance: Parameters<LocalCloud["disturb"]>[0];

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { seen, match } = await receive(request, { dialect, prefix });
    requests.push(seen);
    if (delayMs > 0) await sleep(delayMs);
    const next = planned.find((one) => isFor(seen, one.route) && one.hits < one.times);
    if (next !== undefined) next.hits++;
    const plan = next?.plan ?? disturbance?.(seen);
    const call = { request: seen, records, uid: match?.uid ?? "", prefix };
    const early = plan && "lateMs" in plan ? { caller: authenticate(call) } : {};
    if (plan !== undefined && !(await misbehave(plan, request, response))) return;
    const answer = match?.handle({ ...call, ...early }) ?? unknownRoute(seen.method);
    if (plan !== undefined && "afterwards" in plan) await misbehave(plan.afterwards, request, response);
    else send(answer, request, response);
  }

  const listener = (request: IncomingMessage, response: ServerResponse) =>
    // A client that goes away in the middle of its request is no failure of the server.
    void handle(request, response).catch(() => request.socket.destroy());
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address() as AddressInfo;
  const url = `${tls === undefined ? "http" : "https"}://127.0.0.1:${address.port}${prefix}`;
  const countOf = (route: string) => requests.filter((request) => isFor(request, route)).length;
  let stopped: Promise<void> | undefined;

  return {
    url,
    port: address.port,
    requests,
    get codes() {
      return [...records.codes.keys()];
    },
    get tokens() {
      return [...records.tokens];
    },
    addUser: (user) => void addUser(records, user),
    issueToken: (token) => addToken(records, token).value,
    deploy(value, names) {
      const token = records.tokens.find((known) => known.value === value);
      if (!token?.organization) throw new Error("there is no such token, or it has no organization");
      const { user: creator, organization } = token;
      const wanted =
        typeof names === "number"
          ? Array.from({ length: names }, () => ({}))
          : names.map((name) => ({ name }));
      for (const one of wanted) addDeployment(records, { ...one, creator, organization });
    },
    revoke(value) {
      const token = records.tokens.find((known) => known.value === value);
      if (token === undefined) throw new Error("there is no such token to revoke");
      removeToken(records, token);
    },
    approve: (code = [...records.codes.keys()].at(-1) ?? "", email) =>
      approveCode(records, code, email).value,
    misbehave: (route, plan, { times = Infinity } = {}) => void planned.push({ route, plan, times, hits: 0 }),
    disturb: (choose) => void (disturbance = choose),
    behave() {
      for (const one of planned) one.times = one.hits;
    },
    expect: (route, times) => void expected.set(route, times),
    async seen(route, times = 1, timeoutMs = 5000) {
      const deadline = Date.now() + timeoutMs;
      while (countOf(route) < times) {
        if (Date.now() > deadline)
          throw new Error(`${route}: ${countOf(route)} of ${times} requests in ${timeoutMs} ms`);
        await sleep(5);
      }
    },
    verify() {
      const found = complaints({ requests, planned, expected });
      if (found.length > 0)
        throw new Error(`the local cloud complains:\n${found.map((one) => `  ${one}`).join("\n")}`);
    },
    stop() {
      stopped ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return stopped;
    },
  };
}

interface Received {
  seen: SeenRequest;
  match: Match | undefined;
}

async function receive(
  request: IncomingMessage,
  { dialect, prefix }: { dialect: Dialect; prefix: string },
): Promise<Received> {
  const method = request.method ?? "GET";
  const [rawPath = "", rawQuery = ""] = (request.url ?? "").split(/\?(.*)/s);
  const isBelow = rawPath.startsWith(`${prefix}/`);
  const path = isBelow ? rawPath.slice(prefix.length) : rawPath;
  const match = isBelow ? matchRoute(dialect, method, path) : undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const seen: SeenRequest = {
    method,
    path,
    query: Object.fromEntries(new URLSearchParams(rawQuery)),
    headers: { ...request.headers },
    body: Buffer.concat(chunks).toString("utf8"),
    route: match?.route ?? null,
  };
  return { seen, match };
}

function send(answer: Answer, request: IncomingMessage, response: ServerResponse): void {
  if ("closed" in answer) return reset(request);
  const { status, headers, json, html } = answer;
  const type = html === undefined ? "application/json; charset=utf-8" : "text/html; charset=utf-8";
  const body = html ?? (json === undefined ? "" : JSON.stringify(json));
  response.writeHead(status, { ...(body === "" ? {} : { "content-type": type }), ...headers });
  response.end(body);
}
