import { spellingsOf } from "../system/redact.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Replaces secrets by as many asterisks, so that lengths stay true. */
export interface Mask {
  text(text: string): string;
  bytes(bytes: Uint8Array): Bytes;
  /** The chunks of a body, in which a secret may be split anywhere. Only the possible beginning of one is held back. */
  chunks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Bytes, void>;
  /** For messages that cannot be held back, between which a secret may be split. */
  messages(): (bytes: Uint8Array) => Buffer<ArrayBuffer>;
}

/** As much of a secret is taken for its beginning at the end of a message. Fewer bytes give nothing away. */
const TELLING_BYTES = 6;

export function createMask(secret: string): Mask {
  const spellings = [...new Set(spellingsOf(secret))].toSorted((left, right) => right.length - left.length);
  const needles = spellings.map((spelling) => Buffer.from(spelling));
  return {
    text: (text) =>
      spellings.reduce((masked, spelling) => masked.replaceAll(spelling, "*".repeat(spelling.length)), text),
    bytes: (bytes) => maskBytes(bytes, needles),
    async *chunks(body) {
      let held = Buffer.alloc(0);
      for await (const chunk of body) {
        const bytes = maskBytes(held.length === 0 ? chunk : Buffer.concat([held, chunk]), needles);
        const end = bytes.length - lengthOfBeginning(bytes, needles);
        held = bytes.subarray(end);
        if (end > 0) yield bytes.subarray(0, end);
      }
      if (held.length > 0) yield held;
    },
    messages() {
      let before = Buffer.alloc(0);
      return (message) => {
        const joined = Buffer.concat([before, message]);
        const masked = maskBytes(joined, needles);
        const length = lengthOfBeginning(masked, needles);
        const begun = before.length;
        before = Buffer.from(masked.subarray(masked.length - length));
        return (length < TELLING_BYTES ? masked : masked.fill(ASTERISK, masked.length - length)).subarray(
          begun,
        );
      };
    },
  };
}

const ASTERISK = 0x2a;

function maskBytes(bytes: Uint8Array, needles: readonly Buffer[]): Buffer<ArrayBuffer> {
  let text = Buffer.from(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  let isCopied = false;
  for (const needle of needles) {
    for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + needle.length)) {
      if (!isCopied) text = Buffer.from(text);
      isCopied = true;
      text.fill(ASTERISK, at, at + needle.length);
    }
  }
  return text;
}

/** How many of the last bytes may be the beginning of a secret that the next chunk goes on with. */
function lengthOfBeginning(bytes: Buffer, needles: readonly Buffer[]): number {
  const lengths = needles.map((needle) => {
    const earliest = Math.max(0, bytes.length - needle.length + 1);
    for (let at = bytes.indexOf(needle[0]!, earliest); at !== -1; at = bytes.indexOf(needle[0]!, at + 1))
      if (bytes.subarray(at).equals(needle.subarray(0, bytes.length - at))) return bytes.length - at;
    return 0;
  });
  return Math.max(0, ...lengths);
}
