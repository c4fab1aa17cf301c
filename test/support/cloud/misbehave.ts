import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** A fault of a server, or of a gateway in front of it. */
export type Plan =
  | { status: number; body?: string | object; headers?: Record<string, string> }
  /** 200 with a web page, as a captive portal. */
  | { html: true }
  /** 200 and the JSON content type with half an object. */
  | { brokenJson: true }
  /** 200 with this JSON. */
  | { json: unknown }
  /** The proper answer, but later. */
  | { delayMs: number }
  /** The proper answer, after the server authenticated at once and then waited, as for a lock of its database. */
  | { lateMs: number }
  /** 200, then one byte every 50 ms for ever. */
  | { drip: true }
  /** 200 with valid JSON of this many bytes. */
  | { hugeBytes: number }
  | { redirect: string; status?: number }
  /** The connection is reset without an answer. */
  | { reset: true }
  /** No answer at all, for as long as the client waits. */
  | { silent: true }
  /** The server carries the request out, and this fault replaces its answer. */
  | { afterwards: Plan };

const JSON_TYPE = { "content-type": "application/json; charset=utf-8" };

/** Carries the plan out. True when the proper answer must still follow. */
export async function misbehave(
  plan: Plan,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if ("delayMs" in plan || "lateMs" in plan) {
    await sleep("delayMs" in plan ? plan.delayMs : plan.lateMs);
    return true;
  }
  if ("afterwards" in plan) return true;
  if ("silent" in plan) await once(response, "close");
  else if ("reset" in plan) reset(request);
  else if ("drip" in plan) drip(response);
  else if ("hugeBytes" in plan) await huge(response, plan.hugeBytes);
  else if ("html" in plan) {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    response.end("<!doctype html><title>Welcome to the guest network</title><p>Please sign in.</p>\n");
  } else if ("brokenJson" in plan) response.writeHead(200, JSON_TYPE).end('{"name": "me", "email":');
  else if ("json" in plan) response.writeHead(200, JSON_TYPE).end(JSON.stringify(plan.json));
  else if ("redirect" in plan) response.writeHead(plan.status ?? 302, { location: plan.redirect }).end();
  else {
    const body = typeof plan.body === "object" ? JSON.stringify(plan.body) : plan.body;
    response.writeHead(plan.status, { ...(typeof plan.body === "object" ? JSON_TYPE : {}), ...plan.headers });
    response.end(body);
  }
  return false;
}

/** Resets the connection where the runtime can, and otherwise closes it. */
export function reset(request: IncomingMessage): void {
  try {
    request.socket.resetAndDestroy();
  } catch {
    request.socket.destroy();
  }
}

function drip(response: ServerResponse): void {
  response.writeHead(200, JSON_TYPE);
  const timer = setInterval(() => response.write(" "), 50);
  response.on("close", () => clearInterval(timer));
}

async function huge(response: ServerResponse, bytes: number): Promise<void> {
  const start = '{"name":"';
  const end = '"}';
  response.writeHead(200, JSON_TYPE);
  response.write(start);
  const chunk = "x".repeat(64 * 1024);
  // A client that cuts the answer off never drains it.
  const closed = once(response, "close");
  let left = bytes - start.length - end.length;
  while (left > 0 && !response.destroyed) {
    const flowing = response.write(chunk.slice(0, left));
    left -= chunk.length;
    if (!flowing) await Promise.race([once(response, "drain"), closed]);
  }
  response.end(end);
}
