import { connect, type Socket } from "node:net";
import { FIELD, type Message, Reader, type Value, Variant, Writer } from "./dbus-message.ts";
import { userId, type Environment } from "./runtime.ts";

/** An error that the bus or a service answered, for example `org.freedesktop.DBus.Error.ServiceUnknown`. */
export class BusError extends Error {
  override readonly name = "BusError";
}

interface Call {
  destination: string;
  path: string;
  /** `interface.member` */
  method: string;
  signature?: string;
  args?: readonly Value[];
}

export interface Bus {
  /** @throws BusError, or what the connection was ended with. */
  call(call: Call): Promise<Value[]>;
  /** Rejects every call, also later ones, with this error. */
  end(error: Error): void;
}

const MAX_MESSAGE_BYTES = 1024 * 1024;

/**
 * Connects to the session bus on the first call. An idle connection does not keep the process alive.
 *
 * @throws BusError where no address of a bus is known
 */
export function connectSessionBus(env: Environment): Bus {
  return new Connection(connect({ path: locateSocket(env) }));
}

const THE_BUS = { destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus" };

/** The first Unix socket that `DBUS_SESSION_BUS_ADDRESS` names, or that of systemd. */
export function locateSocket(env: Environment): string {
  const addresses = (env["DBUS_SESSION_BUS_ADDRESS"] ?? "").split(";");
  for (const address of addresses) {
    const [, path, abstract] = /^unix:(?:.*,)?(?:path=([^,]+)|abstract=([^,]+))/.exec(address) ?? [];
    if (path !== undefined) return decodeURIComponent(path);
    if (abstract !== undefined) return `\0${decodeURIComponent(abstract)}`;
  }
  if (env["XDG_RUNTIME_DIR"]) return `${env["XDG_RUNTIME_DIR"]}/bus`;
  throw new BusError("no session bus: DBUS_SESSION_BUS_ADDRESS is not set");
}

interface Waiting {
  resolve(body: Value[]): void;
  reject(error: Error): void;
}

class Connection implements Bus {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #ready: Promise<unknown>;
  #failure: Error | undefined;
  #serial = 0;
  #received = Buffer.alloc(0);
  /** Set until the server has accepted us. */
  #onLine: ((line: string) => void) | undefined;
  #rejectLine: (error: Error) => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => this.#receive(chunk as Buffer));
    socket.on("error", ({ message }) => this.end(new BusError(message)));
    socket.on("close", () => this.end(new BusError("the session bus closed the connection")));
    this.#ready = this.#open();
    // A call reports the failure.
    this.#ready.catch(() => {});
  }

  async call(call: Call): Promise<Value[]> {
    await this.#ready;
    return this.#send(call);
  }

  end(error: Error): void {
    this.#failure ??= error;
    this.#socket.destroy();
    this.#rejectLine(this.#failure);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }

  async #open(): Promise<void> {
    const id = Buffer.from(String(userId() ?? 0)).toString("hex");
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.#onLine = resolve;
    this.#rejectLine = reject;
    this.#socket.write(`\0AUTH EXTERNAL ${id}\r\n`);
    const line = await promise;
    this.#onLine = undefined;
    if (!line.startsWith("OK ")) throw new BusError("the session bus refused this user");
    this.#socket.write("BEGIN\r\n");
    await this.#send({ ...THE_BUS, method: "org.freedesktop.DBus.Hello" });
  }

  #send({ destination, path, method, signature = "", args = [] }: Call): Promise<Value[]> {
    if (this.#failure) return Promise.reject(this.#failure);
    const at = method.lastIndexOf(".");
    const fields: [number, Variant][] = [
      [FIELD.path, new Variant("o", path)],
      [FIELD.interface, new Variant("s", method.slice(0, at))],
      [FIELD.member, new Variant("s", method.slice(at + 1))],
      [FIELD.destination, new Variant("s", destination)],
    ];
    if (signature !== "") fields.push([FIELD.signature, new Variant("g", signature)]);
    const body = new Writer();
    body.write(signature, args);
    const serial = (this.#serial += 1);
    const message = new Writer();
    // Little-endian, a method call, no flags, version 1.
    message.write("yyyyuua(yv)", [0x6c, 1, 0, 1, body.bytes.length, serial, fields]);
    message.align(8);
    const { promise, resolve, reject } = Promise.withResolvers<Value[]>();
    this.#waiting.set(serial, { resolve, reject });
    this.#socket.ref();
    this.#socket.write(Buffer.concat([message.bytes, body.bytes]));
    return promise;
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    try {
      if (this.#onLine) return this.#takeLine(this.#onLine);
      for (let message = this.#takeMessage(); message; message = this.#takeMessage()) this.#answer(message);
    } catch (error) {
      this.end(new BusError(`the session bus sent something else than D-Bus: ${String(error)}`));
    }
  }

  #takeLine(tell: (line: string) => void): void {
    const end = this.#received.indexOf("\r\n");
    if (end === -1) return;
    const line = this.#received.subarray(0, end).toString();
    this.#received = this.#received.subarray(end + 2);
    tell(line);
  }

  #takeMessage(): Message | undefined {
    const bytes = this.#received;
    if (bytes.length < 16) return undefined;
    if (bytes[0] !== 0x6c) throw new RangeError("a message is not little-endian");
    const header = 16 + bytes.readUInt32LE(12);
    const start = Math.ceil(header / 8) * 8;
    const end = start + bytes.readUInt32LE(4);
    if (end > MAX_MESSAGE_BYTES) throw new RangeError("a message is too large");
    if (bytes.length < end) return undefined;
    this.#received = bytes.subarray(end);
    const [entries] = new Reader(bytes.subarray(0, header), 12).read("a(yv)") as [[number, Variant][]];
    const fields = new Map(entries.map(([field, { value }]) => [field, value]));
    const signature = fields.get(FIELD.signature) as string | undefined;
    const body = new Reader(bytes.subarray(start, end)).read(signature ?? "");
    return { type: bytes[1]!, fields, body };
  }

  /** Signals, and calls of others, are answers to nothing. */
  #answer({ type, fields, body }: Message): void {
    const serial = fields.get(FIELD.replySerial) as number | undefined;
    const waiting = serial === undefined ? undefined : this.#waiting.get(serial);
    if (serial === undefined || !waiting) return;
    this.#waiting.delete(serial);
    // While nothing is asked, the process may end.
    if (this.#waiting.size === 0) this.#socket.unref();
    if (type === 2) waiting.resolve(body);
    else waiting.reject(new BusError(String(fields.get(FIELD.errorName))));
  }
}
