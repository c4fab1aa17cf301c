import { compressionOf } from "./contents.ts";

const BLOCK = 512;
/** A header, and enough of the content behind it to tell what it is. */
const HEAD = BLOCK + 16;

/** Where `docker save` and other builders of images put the layers. */
const LAYER = /(?:^|\/)blobs\//;

interface Member {
  name: string;
  kind: string;
  isLayer: boolean;
}

/** Finds the compressed members of a tar archive while the archive passes in pieces; none in what is no archive. */
export class TarMembers {
  #isArchive = true;
  /** Bytes of a content that are left. */
  #left = 0;
  #head: Buffer = Buffer.alloc(0);

  push(piece: Buffer): Member[] {
    const found: Member[] = [];
    let rest = piece;
    while (this.#isArchive && rest.length > this.#left) {
      const from = this.#left;
      const to = from + HEAD - this.#head.length;
      this.#head = Buffer.concat([this.#head, rest.subarray(from, to)]);
      this.#left = 0;
      rest = rest.subarray(to);
      if (this.#head.length === HEAD) found.push(...this.#readHead());
    }
    this.#left = Math.max(0, this.#left - rest.length);
    return found;
  }

  #readHead(): Member[] {
    const head = this.#head;
    this.#isArchive = head.toString("latin1", 257, 262) === "ustar";
    if (!this.#isArchive) return [];
    const size = sizeIn(head);
    // The head of an empty member has the beginning of the next header.
    this.#head = size === 0 ? head.subarray(BLOCK) : Buffer.alloc(0);
    this.#left = size === 0 ? 0 : BLOCK + Math.ceil(size / BLOCK) * BLOCK - HEAD;
    const kind = compressionOf(head, BLOCK, size);
    const [name = ""] = head.toString("utf8", 0, 100).split("\0", 1);
    return kind === undefined ? [] : [{ name, kind, isLayer: LAYER.test(name) }];
  }
}

/** In octal digits, or for more than 8 GiB in binary. */
function sizeIn(head: Buffer): number {
  if (head[124] === 0x80) return Number(head.readBigUInt64BE(128));
  return Number.parseInt(head.toString("latin1", 124, 136), 8) || 0;
}
