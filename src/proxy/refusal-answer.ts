/** An answer of the proxy itself. Python bentoml prints `message`. */
export interface RefusalAnswer {
  status: number;
  message: string;
}

export function toResponse({ status, message }: RefusalAnswer): Response {
  return Response.json(
    { message: `bentocloud proxy: ${message}` },
    { status, headers: { "Cache-Control": "no-store" } },
  );
}
