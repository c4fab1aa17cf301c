/**
 * Servers in an isolated network, started by `namespace.ts`: a proxy on 127.0.0.1:3128, one with https on 3129, and
 * on the other ports servers that answer with the address at which they were reached. Prints a line when they listen.
 */
import { createServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { Server } from "node:net";

const direct = () =>
  createServer((request, response) => {
    const { localAddress = "" } = request.socket;
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ reached: localAddress.replace("::ffff:", "") }));
  });
const asProxy: RequestListener = (_request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ reached: "proxy" }));
};
const tlsProxy = createTlsServer(JSON.parse(process.env["CERTIFICATE"]!), asProxy);

const listening = (server: Server, port: number, host: string) =>
  new Promise<void>((resolve) => server.listen(port, host, resolve));

await Promise.all([
  ...[80, 443, 8443].map((port) => listening(direct(), port, "::")),
  listening(direct(), 8081, "::1"),
  listening(createServer(asProxy), 3128, "127.0.0.1"),
  listening(tlsProxy, 3129, "127.0.0.1"),
]);
console.log("listening");
