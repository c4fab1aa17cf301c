import { type Incoming, isSameSecret, refuseOrigin, type Rules } from "./guard.ts";
import { toResponse } from "./refusal-answer.ts";

/**
 * How a browser gets in: an address that works once gives it a cookie that no page can read and no other site can send.
 * The answer is a page that leads on, because a browser does not send such a cookie along a redirect that begins on
 * another site.
 */
const PATH = "/.bentocloud/open/";

export function openAddress(host: string, ticket: string): URL {
  return new URL(`http://${host}${PATH}${ticket}`);
}

/** A path for the log. */
export function hideTicket(path: string): string {
  return path.startsWith(PATH) ? `${PATH}…` : path;
}

/** Undefined for any other address. */
export function readOneTimeAddress(
  { method, url, headers }: Incoming,
  rules: Rules,
  ticket: string | undefined,
): Response | undefined {
  const path = url?.pathname ?? "";
  if (!rules.cookie || method !== "GET" || !path.startsWith(PATH)) return undefined;
  const refusal = refuseOrigin(headers, rules);
  // A person may follow the address from a chat or a page; it is used up all the same.
  if (refusal?.status === 421) return toResponse(refusal);
  if (ticket === undefined || !isSameSecret(path.slice(PATH.length), ticket))
    return toResponse({
      status: 410,
      message: "this address was used already; `bentocloud proxy --open` gives another",
    });
  const { name, value } = rules.cookie;
  return new Response(
    '<!doctype html><meta http-equiv="refresh" content="0;url=/"><title>bentocloud</title>\n',
    {
      headers: {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Set-Cookie": `${name}=${value}; HttpOnly; SameSite=Strict; Path=/`,
      },
    },
  );
}
