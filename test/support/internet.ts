import { createServer } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { startCloud, type LocalCloud } from "./cloud.ts";
import { makeCertificates } from "./tls.ts";

export const CLOUD = "https://cloud.bentoml.com";
export const YATAI = "https://yatai.example.com";

/** Local servers under the addresses that the documents use, so that their commands run as they are written. */
export interface Internet {
  /** Behind `CLOUD`. */
  cloud: LocalCloud;
  /** Behind `YATAI`. */
  yatai: LocalCloud;
  /** Variables that lead a program there. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

const certificates = await makeCertificates();
const caFile = certificates.caFile();

export async function startInternet(): Promise<Internet> {
  const tls = await certificates.issue({ hosts: [CLOUD, YATAI].map((url) => new URL(url).hostname) });
  const [cloud, yatai] = [await startCloud({ tls }), await startCloud({ tls, dialect: "yatai" })];
  const proxy = await startTunnels({ [CLOUD]: cloud.port, [YATAI]: yatai.port });
  return {
    cloud,
    yatai,
    env: { https_proxy: proxy.url, NODE_EXTRA_CA_CERTS: caFile, CURL_CA_BUNDLE: caFile },
    async stop() {
      proxy.stop();
      await Promise.all([cloud.stop(), yatai.stop()]);
    },
  };
}

/** A proxy that leads each of these addresses to a port of this machine, and refuses every other one. */
async function startTunnels(ports: Record<string, number>): Promise<{ url: string; stop(): void }> {
  const server = createServer();
  const sockets = new Set<Socket>();
  server.on("connect", (request, socket: Socket, head: Buffer) => {
    const port = ports[`https://${request.url?.replace(/:443$/, "")}`];
    if (port === undefined) return socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    const upstream = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    for (const one of [socket, upstream]) sockets.add(one.on("error", () => one.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
