import { connect, type Socket } from "node:net";
import {
  type Call,
  ERROR,
  FIELD,
  type Message,
  readMessage,
  RETURN,
  sizeOfMessage,
  writeCall,
} from "./dbus-message.ts";
import type { Value } from "./dbus-value.ts";
import { userId, type Environment } from "./runtime.ts";

/** An error that the bus or a service answered, for example `org.freedesktop.DBus.Error.ServiceUnknown`. */
export class BusError extends Error {
  override readonly name = "BusError";
}

interface Question extends Call {
  /** The signature of the answer. An answer with another one is an error, so the types of its values are certain. */
  returns: string;
}

export interface Bus {
  /** @throws BusError, or what the connection was ended with. */
  call(question: Question): Promise<Value[]>;
  /** Rejects every call, also later ones, with this error. */
  end(error: Error): void;
}

/** More than any answer that a caller of ours expects, and than a peer that is no bus may make us keep. */
const MAX_BYTES = 1024 * 1024;

/**
 * Connects to the session bus at once. An idle connection does not keep the process alive.
 *
 * @throws BusError where no address of a bus is known
 */
export function connectSessionBus(env: Environment): Bus {
  return new Connection(locateSockets(env));
}

const THE_BUS = { destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus" };

/** The Unix sockets that `DBUS_SESSION_BUS_ADDRESS` names, or without it that of systemd. An abstract one begins with NUL. */
function locateSockets(env: Environment): string[] {
  const value = env["DBUS_SESSION_BUS_ADDRESS"];
  const addresses = (value || "unix:runtime=yes").split(";");
  const paths = addresses.flatMap((address) => locateSocket(address, env) ?? []);
  if (paths.length > 0) return paths;
  throw new BusError(
    value
      ? "DBUS_SESSION_BUS_ADDRESS names no Unix socket"
      : "no session bus: DBUS_SESSION_BUS_ADDRESS is not set",
  );
}

function locateSocket(address: string, env: Environment): string | undefined {
  const [, key, value = ""] = /^unix:(?:.*,)?(path|abstract|runtime)=([^,]+)/.exec(address) ?? [];
  if (key === "runtime") return env["XDG_RUNTIME_DIR"] && `${env["XDG_RUNTIME_DIR"]}/bus`;
  try {
    const name = decodeURIComponent(value);
    if (key === undefined || name.includes("\0")) return undefined;
    if (key === "abstract") return `\0${name}`;
    // A relative path would be a socket in the working directory.
    return name.startsWith("/") ? name : undefined;
  } catch {
    // Bytes that are not UTF-8 are no path that can be given to `connect`.
    return undefined;
  }
}

class Connection implements Bus {
  readonly #waiting = new Map<number, PromiseWithResolvers<Value[]> & Pick<Question, "returns">>();
  readonly #failed = Promise.withResolvers<never>();
  readonly #ready: Promise<unknown>;
  #socket: Socket | undefined;
  #failure: Error | undefined;
  #serial = 0;
  #received: Buffer = Buffer.alloc(0);
  /** Set until the server has accepted us. */
  #onLine: ((line: string) => void) | undefined;

  constructor(paths: readonly string[]) {
    // A call reports the failure.
    this.#failed.promise.catch(() => {});
    this.#ready = this.#open(paths);
    this.#ready.catch((error: Error) => this.end(error));
  }

  async call(question: Question): Promise<Value[]> {
    await Promise.race([this.#ready, this.#failed.promise]);
    return this.#send(question);
  }

  end(error: Error): void {
    this.#failure ??= error;
    this.#socket?.destroy();
    this.#failed.reject(this.#failure);
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
  }

  async #open(paths: readonly string[]): Promise<void> {
    const socket = await this.#connect(paths);
    socket.on("data", (chunk) => this.#receive(chunk as Buffer));
    socket.on("close", () => this.end(new BusError("the session bus closed the connection")));
    const id = Buffer.from(String(userId() ?? 0)).toString("hex");
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#onLine = resolve;
    socket.write(`\0AUTH EXTERNAL ${id}\r\n`);
    const line = await promise;
    this.#onLine = undefined;
    if (!line.startsWith("OK ")) throw new BusError("the session bus refused this user");
    socket.write("BEGIN\r\n");
    await this.#send({ ...THE_BUS, method: "org.freedesktop.DBus.Hello", returns: "s" });
  }

  /** To the first that accepts. */
  async #connect([path = "", ...others]: readonly string[]): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const socket = connect({ path }, () => resolve(socket));
    this.#socket = socket;
    socket.on("error", ({ message }) => reject(new BusError(message)));
    try {
      return await promise;
    } catch (error) {
      if (others.length === 0 || this.#failure) throw error;
      return this.#connect(others);
    }
  }

  #send(question: Question): Promise<Value[]> {
    if (this.#failure || !this.#socket) return this.#failed.promise;
    const serial = (this.#serial += 1);
    const answer = Promise.withResolvers<Value[]>();
    this.#waiting.set(serial, { ...answer, returns: question.returns });
    this.#socket.ref();
    this.#socket.write(writeCall(serial, question));
    return answer.promise;
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
    if (end === -1 && this.#received.length > MAX_BYTES) throw new RangeError("a line has no end");
    if (end === -1) return;
    const line = this.#received.subarray(0, end).toString();
    this.#received = this.#received.subarray(end + 2);
    tell(line);
  }

  #takeMessage(): Message | undefined {
    const size = sizeOfMessage(this.#received);
    if (size > MAX_BYTES) throw new RangeError("a message is too large");
    if (this.#received.length < size) return undefined;
    const bytes = this.#received.subarray(0, size);
    this.#received = this.#received.subarray(size);
    return readMessage(bytes);
  }

  /** Signals, and calls of others, are answers to nothing: what is in them is not even read. */
  #answer({ type, fields, readBody }: Message): void {
    const serial = fields.get(FIELD.replySerial) as number | undefined;
    const waiting = serial === undefined ? undefined : this.#waiting.get(serial);
    if (serial === undefined || !waiting || (type !== RETURN && type !== ERROR)) return;
    const { resolve, reject, returns } = waiting;
    const signature = fields.get(FIELD.signature) ?? "";
    // Before it is settled: what throws here must still reject the call.
    const body = type === RETURN && signature === returns ? readBody(returns) : undefined;
    this.#waiting.delete(serial);
    // While nothing is asked, the process may end.
    if (this.#waiting.size === 0) this.#socket?.unref();
    if (body) return resolve(body);
    const name =
      type === ERROR ? fields.get(FIELD.errorName) : `an answer of the form "${String(signature)}"`;
    reject(new BusError(String(name)));
  }
}
