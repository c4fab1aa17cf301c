import { join } from "node:path";
import { readRegularFile } from "../system/files.ts";
import { replaceFile } from "../system/replace.ts";

/**
 * The fingerprints of the logins that writes of ours put newer ones in the place of. One that stands in the file again
 * was written back by a program that had read it before; the ring of versions alone forgets too soon where many write.
 */
const FILE = "replaced.txt";
const MOST = 1000;
const LARGEST = 64 * 1024;

export function isReplaced(own: string, fingerprint: string): boolean {
  return readReplaced(own).includes(fingerprint);
}

/** What was put in the file by this write counts as new, also when it had been replaced. For the holder of the store's locks only. */
export function noteReplaced(
  own: string,
  { replaced, made }: { replaced: readonly string[]; made: readonly string[] },
): void {
  const before = readReplaced(own);
  const lines = [
    ...before.filter((one) => !made.includes(one) && !replaced.includes(one)),
    ...replaced,
  ].slice(-MOST);
  if (lines.join() === before.join()) return;
  replaceFile({
    target: join(own, FILE),
    text: `${lines.join("\n")}\n`,
    mode: 0o600,
    durable: false,
    stillValid: () => true,
  });
}

function readReplaced(own: string): string[] {
  try {
    return (readRegularFile(join(own, FILE), LARGEST)?.bytes.toString("utf8") ?? "")
      .split("\n")
      .filter(Boolean);
  } catch {
    return [];
  }
}
