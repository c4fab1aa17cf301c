import { Reader, type Value, Variant, Writer } from "./dbus-value.ts";

export interface Call {
  destination: string;
  path: string;
  /** `interface.member` */
  method: string;
  signature?: string;
  args?: readonly Value[];
}

export interface Message {
  type: number;
  /** Header fields by their number. */
  fields: Map<number, Value>;
  readBody(signature: string): Value[];
}

/** Types of messages. */
const CALL = 1;
export const RETURN = 2;
export const ERROR = 3;

export const FIELD = {
  path: 1,
  interface: 2,
  member: 3,
  errorName: 4,
  replySerial: 5,
  destination: 6,
  signature: 8,
};

const LITTLE_ENDIAN = "l".charCodeAt(0);
const VERSION = 1;

export function writeCall(serial: number, { destination, path, method, ...rest }: Call): Buffer {
  const { signature = "", args = [] } = rest;
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
  const message = new Writer();
  message.write("yyyyuua(yv)", [LITTLE_ENDIAN, CALL, 0, VERSION, body.bytes.length, serial, fields]);
  message.align(8);
  return Buffer.concat([message.bytes, body.bytes]);
}

/** The fixed beginning of each message, with the lengths of what follows. */
const PREFIX_BYTES = 16;

/** Of the message that begins here, in bytes. Once the prefix is there, that of the whole message. */
export function sizeOfMessage(bytes: Buffer): number {
  if (bytes.length < PREFIX_BYTES) return PREFIX_BYTES;
  if (bytes[0] !== LITTLE_ENDIAN) throw new RangeError("a message is not little-endian");
  return startOfBody(bytes) + bytes.readUInt32LE(4);
}

function startOfBody(bytes: Buffer): number {
  return Math.ceil((PREFIX_BYTES + bytes.readUInt32LE(12)) / 8) * 8;
}

/** Throws RangeError for what is no message. */
export function readMessage(bytes: Buffer): Message {
  const start = startOfBody(bytes);
  const [entries] = new Reader(bytes.subarray(0, start), 12).read("a(yv)") as [[number, Variant][]];
  const fields = new Map(entries.map(([field, { value }]) => [field, value]));
  return {
    type: bytes[1]!,
    fields,
    readBody: (signature) => new Reader(bytes.subarray(start)).read(signature),
  };
}
