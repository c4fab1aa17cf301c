/** The least that a proxy in Bun does: it passes requests on to the address of its argument. */
const [target] = process.argv.slice(2);
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  maxRequestBodySize: Number.MAX_SAFE_INTEGER,
  async fetch({ url, method, headers, body }) {
    const { pathname, search } = new URL(url);
    const options = { method, headers, body, redirect: "manual", decompress: false } as RequestInit;
    const answer = await fetch(target + pathname + search, options);
    return new Response(answer.body, { status: answer.status, headers: answer.headers });
  },
});
console.log(server.port);
