/**
 * Values in the wire format of D-Bus (https://dbus.freedesktop.org/doc/dbus-specification.html), as far as the Secret Service
 * needs it: little-endian, of the types y, b, u, s, o, g, v, arrays, structures and dictionaries.
 */
export type Value = number | boolean | string | Uint8Array | Variant | readonly Value[];

export class Variant {
  readonly signature: string;
  readonly value: Value;

  constructor(signature: string, value: Value) {
    this.signature = signature;
    this.value = value;
  }
}

/** The end of the complete type that begins at `at`. */
function endOfType(signature: string, at: number): number {
  const code = signature[at];
  if (code === "a") return endOfType(signature, at + 1);
  if (code !== "(" && code !== "{") return at + 1;
  let end = at + 1;
  // An array of what takes no bytes would have no end.
  if (signature[end] === ")" || signature[end] === "}")
    throw new RangeError(`${signature} has an empty type`);
  while (signature[end] !== ")" && signature[end] !== "}") {
    if (end >= signature.length) throw new RangeError(`the signature ${signature} has no end`);
    end = endOfType(signature, end);
  }
  return end + 1;
}

function splitTypes(signature: string): string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length;) {
    const end = endOfType(signature, at);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

function alignmentOf(type: string): number {
  if (type[0] === "(" || type[0] === "{") return 8;
  return "ygv".includes(type[0]!) ? 1 : 4;
}

export class Writer {
  #bytes = Buffer.alloc(1024);
  #length = 0;

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  align(size: number): void {
    this.#reserve((size - (this.#length % size)) % size);
  }

  /** Returns where the bytes begin. */
  #reserve(size: number): number {
    while (this.#length + size > this.#bytes.length)
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)]);
    const at = this.#length;
    this.#length += size;
    return at;
  }

  #byte(value: number): void {
    this.#bytes.writeUInt8(value, this.#reserve(1));
  }

  #uint(value: number): void {
    this.align(4);
    const at = this.#reserve(4);
    this.#bytes.writeUInt32LE(value, at);
  }

  #raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  write(signature: string, values: readonly Value[]): void {
    for (const [index, type] of splitTypes(signature).entries()) this.#value(type, values[index]!);
  }

  #value(type: string, value: Value): void {
    switch (type[0]) {
      case "y":
        return this.#byte(value as number);
      case "b":
        return this.#uint(value === true ? 1 : 0);
      case "u":
        return this.#uint(value as number);
      case "g":
      case "s":
      case "o": {
        const text = Buffer.from(value as string);
        if (type === "g") this.#byte(text.length);
        else this.#uint(text.length);
        this.#raw(text);
        return this.#byte(0);
      }
      case "v": {
        const { signature, value: inner } = value as Variant;
        this.#value("g", signature);
        return this.#value(signature, inner);
      }
      case "a":
        return this.#array(type.slice(1), value as Uint8Array | readonly Value[]);
      default:
        this.align(8);
        return this.write(type.slice(1, -1), value as readonly Value[]);
    }
  }

  #array(item: string, values: Uint8Array | readonly Value[]): void {
    this.#uint(0);
    const sizeAt = this.#length - 4;
    this.align(alignmentOf(item));
    const start = this.#length;
    if (values instanceof Uint8Array) this.#raw(values);
    else for (const value of values) this.#value(item, value);
    this.#bytes.writeUInt32LE(this.#length - start, sizeAt);
  }
}

export class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  read(signature: string): Value[] {
    return splitTypes(signature).map((type) => this.#value(type));
  }

  align(size: number): void {
    this.#at += (size - (this.#at % size)) % size;
  }

  #uint(): number {
    this.align(4);
    this.#at += 4;
    return this.#bytes.readUInt32LE(this.#at - 4);
  }

  #byte(): number {
    this.#at += 1;
    return this.#bytes.readUInt8(this.#at - 1);
  }

  #take(size: number): Buffer {
    if (this.#at + size > this.#bytes.length) throw new RangeError("a D-Bus message ends too early");
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  #value(type: string): Value {
    switch (type[0]) {
      case "y":
        return this.#byte();
      case "b":
        return this.#uint() === 1;
      case "u":
        return this.#uint();
      case "g":
      case "s":
      case "o": {
        const text = this.#take(type === "g" ? this.#byte() : this.#uint()).toString();
        this.#at += 1;
        return text;
      }
      case "v": {
        const signature = this.#value("g") as string;
        return new Variant(signature, this.#value(signature));
      }
      case "a": {
        const item = type.slice(1);
        const size = this.#uint();
        this.align(alignmentOf(item));
        if (item === "y") return this.#take(size);
        const values: Value[] = [];
        for (const end = this.#at + size; this.#at < end;) {
          const before = this.#at;
          values.push(this.#value(item));
          // Items that take no bytes, such as `()`, would have no end.
          if (this.#at === before) throw new RangeError("an array of nothing is not read");
        }
        return values;
      }
      case "(":
      case "{":
        this.align(8);
        return this.read(type.slice(1, -1));
      default:
        throw new RangeError(`the type ${type} is not read`);
    }
  }
}
