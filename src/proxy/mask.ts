import { spellingsOf } from "../system/redact.ts";

/** Replaces secrets by as many asterisks, so that lengths stay true. */
export interface Mask {
  text(text: string): string;
  bytes(bytes: Uint8Array): Uint8Array;
  /** The chunks of a body, in which a secret may be split anywhere. Only the possible beginning of one is held back. */
  chunks(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
}

export function createMask(secret: string): Mask {
  const spellings = [...new Set(spellingsOf(secret))].toSorted((left, right) => right.length - left.length);
  const needles = spellings.map((spelling) => Buffer.from(spelling));
  return {
    text: (text) =>
      spellings.reduce((masked, spelling) => masked.replaceAll(spelling, "*".repeat(spelling.length)), text),
    bytes: (bytes) => maskBytes(bytes, needles),
    async *chunks(body) {
      let held: Uint8Array = new Uint8Array();
      for await (const chunk of body) {
        const bytes = maskBytes(held.length === 0 ? chunk : Buffer.concat([held, chunk]), needles);
        const end = bytes.length - lengthOfBeginning(bytes, needles);
        held = bytes.subarray(end);
        if (end > 0) yield bytes.subarray(0, end);
      }
      if (held.length > 0) yield held;
    },
  };
}

const ASTERISK = 0x2a;

function maskBytes(bytes: Uint8Array, needles: readonly Buffer[]): Buffer {
  let text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
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
    for (let length = Math.min(needle.length - 1, bytes.length); length > 0; length -= 1)
      if (bytes.subarray(bytes.length - length).equals(needle.subarray(0, length))) return length;
    return 0;
  });
  return Math.max(0, ...lengths);
}
