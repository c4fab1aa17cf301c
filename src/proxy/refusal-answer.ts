/** An answer of the proxy itself. Python bentoml prints `message`. */
export interface RefusalAnswer {
  status: number;
  message: string;
}

/** After an answer with one of these statuses the proxy closes the connection. */
const CLOSING = new Set([401, 405, 421]);

export function toResponse({ status, message }: RefusalAnswer): Response {
  const headers = { "Cache-Control": "no-store", ...(CLOSING.has(status) && { Connection: "close" }) };
  return Response.json({ message: `bentocloud proxy: ${message}` }, { status, headers });
}
