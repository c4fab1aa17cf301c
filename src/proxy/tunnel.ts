import type { Relay } from "../cloud/relay.ts";
import type { Peer, Tunnel } from "../system/loopback.ts";
import type { Mask } from "./mask.ts";

interface Options {
  headers: Headers;
  /** Those of the request. */
  asked: Headers;
  mask: Mask;
}

/** A WebSocket to the server, opened before the client's, so that the client learns when the server refuses. */
export async function openTunnel(
  relay: Relay,
  path: string,
  { headers, asked, mask }: Options,
): Promise<Tunnel> {
  const protocols = (asked.get("sec-websocket-protocol") ?? "").split(/, */).filter(Boolean);
  const { socket, listen } = await relay.openSocket(path, { headers, protocols });
  let client: Peer | undefined;
  const passOn = ({ code, reason }: { code: number; reason: string }) =>
    client?.close(isSendable(code) ? code : 1011, mask.text(reason));
  socket.addEventListener("close", passOn);
  return {
    protocol: mask.text(socket.protocol),
    open(peer) {
      client = peer;
      listen((data) => sendMasked(peer, data, mask));
      // It may have closed before the client was there.
      if (socket.readyState > socket.OPEN) peer.close(1011, "");
    },
    receive: (data) => socket.send(data as string),
    close(code, reason) {
      if (isSendable(code)) socket.close(code, reason);
      else socket.close();
    },
  };
}

function sendMasked(peer: Peer, data: string | ArrayBuffer, mask: Mask): void {
  if (typeof data === "string") peer.send(mask.text(data));
  else peer.send(mask.bytes(new Uint8Array(data)));
}

/** Codes that a close frame may have. */
function isSendable(code: number): boolean {
  return (
    code === 1000 ||
    (code >= 1001 && code <= 1014 && ![1004, 1005, 1006].includes(code)) ||
    (code >= 3000 && code <= 4999)
  );
}
