/**
 * Servers in an isolated network, started by `namespace.ts`: a proxy on 127.0.0.1:3128, and on the other ports servers
 * that answer with the address at which they were reached. Prints a line when they listen.
 */
import { createServer } from "node:http";

const direct = () =>
  createServer((request, response) => {
    const { localAddress = "" } = request.socket;
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ reached: localAddress.replace("::ffff:", "") }));
  });
const proxy = createServer((_request, response) => {
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ reached: "proxy" }));
});

const listening = (server: ReturnType<typeof direct>, port: number, host: string) =>
  new Promise<void>((resolve) => server.listen(port, host, resolve));

await Promise.all([
  ...[80, 443, 8443].map((port) => listening(direct(), port, "::")),
  listening(direct(), 8081, "::1"),
  listening(proxy, 3128, "127.0.0.1"),
]);
console.log("listening");
