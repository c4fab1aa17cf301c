/** Where requests go, and the header that lets them in. */
export interface Place {
  port: number;
  key: string;
}

export function requestText({ port, key }: Place, line: string, headers = ""): string {
  return `${line} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX-YATAI-API-TOKEN: ${key}\r\n${headers}\r\n`;
}

/** Sends requests over some connections, each when the one before was answered. Gives the microseconds that each took. */
export async function sendRequests(place: Place, count: number, connections: number): Promise<number[]> {
  const request = requestText(place, "GET /api/v2/deployments", "User-Agent: python-httpx/0.28.1\r\n");
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const times: number[] = [];
  let sent = 0;
  const next = (socket: Bun.Socket<number>) => {
    if ((sent += 1) > count) return;
    socket.data = Bun.nanoseconds();
    socket.write(request);
  };
  const socket: Bun.SocketHandler<number> = {
    data(opened, data) {
      // The answer is short, so it comes as a whole.
      if (!data.toString().startsWith("HTTP/1.1 200")) reject(new Error(data.toString()));
      times.push((Bun.nanoseconds() - opened.data) / 1000);
      if (times.length === count) resolve();
      next(opened);
    },
    close: () => reject(new Error("the connection was closed")),
  };
  const { port } = place;
  const opened = await Promise.all(
    Array.from({ length: connections }, () =>
      Bun.connect<number>({ hostname: "127.0.0.1", port, data: 0, socket }),
    ),
  );
  for (const one of opened) next(one);
  await promise;
  for (const one of opened) one.terminate();
  return times;
}

/** Sends a request with that many bytes of zeros and waits for its answer, which ends with the connection. */
export async function transfer({ port }: Place, head: string, bytes = 0): Promise<void> {
  const chunk = new Uint8Array(1024 * 1024);
  const { promise, resolve } = Promise.withResolvers<void>();
  let left = bytes;
  const send = (socket: Bun.Socket<undefined>) => {
    while (left > 0) {
      const written = socket.write(chunk.subarray(0, Math.min(chunk.length, left)));
      left -= written;
      if (written < chunk.length) return;
    }
  };
  let answer = "";
  let received = 0;
  const socket: Bun.SocketHandler<undefined> = {
    open(opened) {
      opened.write(head);
      send(opened);
    },
    data(_, data) {
      if (received === 0) answer = data.subarray(0, 1000).toString();
      received += data.length;
    },
    drain: send,
    close: () => resolve(),
  };
  await Bun.connect<undefined>({ hostname: "127.0.0.1", port, socket, data: undefined });
  await promise;
  const [, length = "0"] = /content-length: (\d+)/i.exec(answer) ?? [];
  if (!answer.startsWith("HTTP/1.1 200") || received < Number(length))
    throw new Error(`an incomplete answer of ${received} bytes: ${answer}`);
}
