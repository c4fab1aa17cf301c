import { inputPieces } from "../system/input.ts";
import { compressionOf } from "./contents.ts";
import type { Hit } from "./search.ts";
import { noteMembers } from "./scan-file.ts";
import { addFinding, countLineEnds, type Scan, skip } from "./search-places.ts";
import { TarMembers } from "./tar-members.ts";

/** A hit can begin this far before the piece in which it ends. */
const TAIL_BYTES = 64 * 1024;

/** Standard input as one stream of any length. */
export async function scanInput(scan: Scan): Promise<void> {
  let tail: Buffer = Buffer.alloc(0);
  let tailOffset = 0;
  /** Lines that end before the tail. */
  let lines = 0;
  const report = (hits: readonly Hit[]) => {
    for (const hit of hits) {
      const line = 1 + lines + countLineEnds(tail.subarray(0, hit.offset - tailOffset));
      addFinding(scan, hit, { path: "-", line });
    }
  };
  const members = new TarMembers();
  for await (const piece of inputPieces(scan.cli.signal)) {
    if (scan.totals.bytes === 0) refuseCompressed(scan, piece);
    noteMembers(scan, "standard input", members.push(piece));
    scan.totals.bytes += piece.length;
    tail = Buffer.concat([tail, piece]);
    report(scan.search.push(piece));
    const dropped = Math.max(0, tail.length - TAIL_BYTES);
    lines += countLineEnds(tail.subarray(0, dropped));
    tail = tail.subarray(dropped);
    tailOffset += dropped;
  }
  report(scan.search.finish());
}

function refuseCompressed(scan: Scan, beginning: Buffer): void {
  const kind = compressionOf(beginning, 0, beginning.length);
  if (kind === undefined || kind === "an image") return;
  const advice =
    kind === "a git bundle"
      ? "clone it, and use --history there"
      : "unpack it on the way, for example with zcat";
  skip(scan, "standard input", `it is ${kind}: ${advice}`);
}
