import type { Relay } from "../cloud/relay.ts";
import { SAFE } from "../cloud/send.ts";
import type { Tunnel } from "../system/loopback.ts";
import { refuse, type Incoming, type Rules } from "./guard.ts";
import { maskBody } from "./mask-body.ts";
import type { Mask } from "./mask.ts";
import { readOneTimeAddress } from "./one-time-address.ts";
import { ownLocation, requestHeaders, responseHeaders } from "./passed-headers.ts";
import { toResponse } from "./refusal-answer.ts";
import { openTunnel } from "./tunnel.ts";

export interface Work {
  rules: Rules;
  /** Undefined once it was used. */
  ticket: string | undefined;
  mask: Mask;
  relay: Relay;
  /** Told when the server refuses the API token. */
  onRejected: () => void;
}

type Body = ReadableStream<Uint8Array<ArrayBuffer>>;

/** Answers a request: lets a browser in, refuses it, or passes it on. */
export async function answerRequest(
  incoming: Incoming,
  { body, signal }: Pick<Request, "body" | "signal">,
  work: Work,
): Promise<Response | Tunnel> {
  const { rules, relay, mask } = work;
  const entry = readOneTimeAddress(incoming, rules, work.ticket);
  if (entry) {
    if (entry.status === 200) work.ticket = undefined;
    return entry;
  }
  const refusal = refuse(incoming, rules);
  if (refusal) return toResponse(refusal);
  const { method, headers: asked } = incoming;
  const { pathname, search } = incoming.url!;
  const headers = requestHeaders(asked);
  const sent = SAFE.has(method) ? null : (body as Body | null);
  // A length without a body would make the server read the next request as one.
  if (!sent) headers.delete("content-length");
  if (asked.has("upgrade")) return openTunnel(relay, pathname + search, { headers, mask, asked, signal });
  const request = { method, headers, signal, ...(sent && { body: sent }) };
  const { url, response } = await relay.forward(pathname + search, request);
  if (response.status === 401) work.onRejected();
  if (isCompressed(response)) {
    await response.body?.cancel();
    return toResponse({ status: 502, message: `${relay.endpoint} compressed an answer unasked` });
  }
  const passed = responseHeaders(response.headers, mask);
  const location = passed.get("location");
  const place = { from: url, endpoint: relay.endpoint, origin: `http://${rules.host}` };
  if (location !== null) passed.set("location", ownLocation(location, place));
  return new Response(method === "HEAD" ? null : await maskBody(response, mask), {
    status: response.status,
    statusText: mask.text(response.statusText),
    headers: passed,
  });
}

function isCompressed({ headers }: Response): boolean {
  const codings = [headers.get("content-encoding"), headers.get("transfer-encoding")];
  return codings.some((coding) => !/^(?:identity|chunked)?$/i.test(coding ?? ""));
}
