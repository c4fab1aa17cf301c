import type { Relay } from "../cloud/relay.ts";
import type { Peer, Tunnel } from "../system/loopback.ts";
import type { Mask } from "./mask.ts";

interface Options {
  headers: Headers;
  /** Those of the request. */
  asked: Headers;
  mask: Mask;
  signal: AbortSignal;
}

/** A WebSocket to the server, opened before the client's, so that the client learns when the server refuses. */
export async function openTunnel(
  relay: Relay,
  path: string,
  { headers, asked, mask, signal }: Options,
): Promise<Tunnel> {
  const protocols = (asked.get("sec-websocket-protocol") ?? "").split(/, */).filter(Boolean);
  const { socket, listen, send } = await relay.openSocket(path, { headers, protocols, signal });
  const maskMessage = mask.messages();
  let client: Peer | undefined;
  const passOn = ({ code, reason }: { code: number; reason: string }) =>
    client?.close(isSendable(code) ? code : 1011, mask.text(reason));
  socket.addEventListener("close", passOn);
  return {
    protocol: mask.text(socket.protocol),
    open(peer) {
      client = peer;
      listen((data) => sendMasked(peer, data, maskMessage));
      // It may have closed before the client was there.
      if (socket.readyState > socket.OPEN) peer.close(1011, "");
    },
    receive(data) {
      if (send(data)) return;
      client?.close(1013, "the server reads too slowly");
      socket.close();
    },
    close(code, reason) {
      if (isSendable(code)) socket.close(code, reason);
      else socket.close();
    },
  };
}

function sendMasked(peer: Peer, data: string | ArrayBuffer, maskMessage: ReturnType<Mask["messages"]>): void {
  if (typeof data === "string") peer.send(maskMessage(Buffer.from(data)).toString());
  else peer.send(maskMessage(new Uint8Array(data)));
}

/** Codes that a close frame may have. */
function isSendable(code: number): boolean {
  return (
    code === 1000 ||
    (code >= 1001 && code <= 1014 && ![1004, 1005, 1006].includes(code)) ||
    (code >= 3000 && code <= 4999)
  );
}
