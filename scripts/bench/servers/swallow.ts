/** A server that costs as little as possible: it answers in one write, sends zeros, and counts what it gets. */
const CHUNK = new Uint8Array(1024 * 1024);
const WORD = ["Content-Type: application/json\r\nContent-Length: 11", '{"ok":true}'] as const;

interface State {
  /** Bytes of the body that still have to come. */
  expected: number;
  /** Bytes of zeros that still have to be sent. */
  owed: number;
  /** Whether the connection ends with the answer. */
  isLast: boolean;
}

function send(socket: Bun.Socket<State>): void {
  while (socket.data.owed > 0) {
    const written = socket.write(CHUNK.subarray(0, Math.min(CHUNK.length, socket.data.owed)));
    socket.data.owed -= written;
    if (written < CHUNK.length && socket.data.owed > 0) return;
  }
  if (socket.data.isLast) socket.end();
}

function answer(socket: Bun.Socket<State>, head: string, body = ""): void {
  socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`);
  send(socket);
}

const server = Bun.listen<State>({
  hostname: "127.0.0.1",
  port: 0,
  socket: {
    open: (socket) => void (socket.data = { expected: 0, owed: 0, isLast: false }),
    data(socket, data) {
      const state = socket.data;
      if (state.expected > 0) {
        state.expected -= data.length;
        if (state.expected === 0) answer(socket, ...WORD);
        return;
      }
      const end = data.indexOf("\r\n\r\n");
      const head = data.subarray(0, end).toString();
      const [, length = "0"] = /content-length: (\d+)/i.exec(head) ?? [];
      const [, zeros] = /\/zeros\/(\d+)/.exec(head) ?? [];
      state.expected = Number(length) - (data.length - end - 4);
      state.isLast = /connection: close/i.test(head);
      if (state.expected > 0) return;
      state.owed = Number(zeros ?? 0);
      if (zeros === undefined) answer(socket, ...WORD);
      else answer(socket, `Content-Length: ${zeros}`);
    },
    drain: send,
  },
});
console.log(server.port);
