import { createServer } from "node:net";
import { join } from "node:path";
import { ERROR, FIELD, RETURN } from "../../src/system/dbus-message.ts";
import { type Value, Variant, Writer } from "../../src/system/dbus-value.ts";
import { afterSweep } from "../support/canaries.ts";
import { newFolder } from "./peers.ts";

interface FakeBus {
  /** The answer to `AUTH`; `OK 0` when not given. */
  line?: string | Buffer;
  /** The answer to a call of this member. */
  answer?: (member: string, serial: number) => Buffer | undefined;
}

const MEMBER = /ReadAlias|Get(?!Secret)|SearchItems|OpenSession|GetSecret|CreateItem|Hello/;

/** A session bus that behaves as badly as a test wants. Gives the variables for a program that is to reach it. */
export function startFakeBus({ line = "OK 0\r\n", answer }: FakeBus): Record<string, string> {
  const path = join(newFolder(), "bus");
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const bytes = chunk as Buffer;
      if (bytes.includes("AUTH")) return void socket.write(line);
      // The client sends one message at a time, after `BEGIN` alone or with it.
      const start = bytes.indexOf("l\x01\x00\x01");
      if (start === -1) return;
      const [member = ""] = MEMBER.exec(bytes.toString("latin1")) ?? [];
      const serial = bytes.readUInt32LE(start + 8);
      const reply = member === "Hello" ? message(serial, "s", [":1.0"]) : answer?.(member, serial);
      if (reply) socket.write(reply);
    });
  }).listen(path);
  afterSweep(() => server.close());
  return { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` };
}

/** The answer to a call. */
export function message(serial: number, signature: string, values: readonly Value[]): Buffer {
  const body = new Writer();
  body.write(signature, values);
  return frame(serial, signature, body.bytes);
}

/** An answer with any bytes. */
export function frame(serial: number, signature: string, body: Buffer): Buffer {
  return encode(RETURN, serial, [FIELD.signature, new Variant("g", signature)], body);
}

export function failure(serial: number, name: string): Buffer {
  return encode(ERROR, serial, [FIELD.errorName, new Variant("s", name)], Buffer.alloc(0));
}

function encode(type: number, serial: number, field: [number, Variant], body: Buffer): Buffer {
  const head = new Writer();
  const fields = [[FIELD.replySerial, new Variant("u", serial)], field];
  head.write("yyyyuua(yv)", [0x6c, type, 0, 1, body.length, serial, fields]);
  head.align(8);
  return Buffer.concat([head.bytes, body]);
}
