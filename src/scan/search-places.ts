import { setImmediate } from "node:timers/promises";
import type { Cli } from "../app.ts";
import { cancelled } from "../errors.ts";
import { maskSecret, redactSecret } from "../system/redact.ts";
import type { Finding, KnownValue, Skipped } from "./finding.ts";
import { LINE_FEED } from "./git.ts";
import { type Hit, Search } from "./search.ts";
import type { Totals } from "./totals.ts";

/** Where a finding is; what is left out is null. */
export type Place = Partial<Pick<Finding, "path" | "line" | "commit" | "object" | "ignored">>;

/** One run of `scan`: what it searches with, and what it has found so far. */
export interface Scan {
  cli: Cli;
  search: Search;
  values: readonly KnownValue[];
  findings: Finding[];
  /** What tells each finding, and each place that was left out, from the others. */
  seen: Set<string>;
  skipped: Skipped[];
  totals: Totals;
  /** When the event loop had its last turn. */
  pausedAt: number;
}

export function createScan(cli: Cli, values: readonly KnownValue[]): Scan {
  const texts = values.map(({ token }) => token.reveal());
  return {
    cli,
    search: new Search(texts, cli.now()),
    values,
    findings: [],
    seen: new Set(),
    skipped: [],
    totals: { files: 0, objects: 0, bytes: 0 },
    pausedAt: performance.now(),
  };
}

const PAUSE_EVERY_MS = 50;

/** Files are read synchronously, which is faster, so Ctrl-C and the line about the progress need a turn at times. */
export function isPauseDue({ pausedAt }: Scan): boolean {
  return performance.now() - pausedAt > PAUSE_EVERY_MS;
}

export async function pause(scan: Scan): Promise<void> {
  await setImmediate();
  if (scan.cli.signal.aborted) throw cancelled();
  scan.pausedAt = performance.now();
}

export function addFinding(scan: Scan, hit: Hit, place: Place): void {
  const known = hit.value === undefined ? undefined : scan.values[hit.value];
  // A possible token is nobody's to print either, for example in the name of its file.
  if (hit.text !== undefined) redactSecret(hit.text);
  const finding: Finding = {
    context: known?.login.name ?? null,
    token_masked: known?.token.masked ?? maskSecret(hit.text ?? ""),
    kind: known ? "known" : "possible",
    path: place.path ?? null,
    line: place.line ?? null,
    commit: place.commit ?? null,
    encoding: hit.encoding,
    state: known?.state ?? null,
    object: place.object ?? null,
    ignored: place.ignored ?? false,
    verdict: null,
    rotated: false,
    value: known,
  };
  const { value: _value, ...shown } = finding;
  if (isNew(scan, shown)) scan.findings.push(finding);
}

/** Whether no earlier finding or place is equal. */
function isNew({ seen }: Scan, said: Readonly<Record<string, unknown>>): boolean {
  const size = seen.size;
  return seen.add(JSON.stringify(said)).size > size;
}

export function skip(scan: Scan, path: string, reason: string, { incomplete = true } = {}): void {
  if (isNew(scan, { path, reason })) scan.skipped.push({ path, reason, incomplete });
}

/** How many lines end between two positions. */
export function countLineEnds(bytes: Buffer, from = 0, to = bytes.length): number {
  let count = 0;
  for (let at = bytes.indexOf(LINE_FEED, from); at !== -1 && at < to; at = bytes.indexOf(LINE_FEED, at + 1))
    count += 1;
  return count;
}

/** Gives positions of one stream their lines, in the order of the stream. */
export class LineCounter {
  #line = 1;
  #offset = 0;
  readonly #lines = new Map<number, number>();
  readonly #wanted: number[];

  constructor(offsets: readonly number[]) {
    this.#wanted = offsets.toSorted((left, right) => left - right);
  }

  push(bytes: Buffer): void {
    let from = 0;
    const end = this.#offset + bytes.length;
    for (let next = this.#wanted[0]; next !== undefined && next <= end; next = this.#wanted[0]) {
      this.#line += countLineEnds(bytes, from, next - this.#offset);
      from = next - this.#offset;
      this.#lines.set(next, this.#line);
      this.#wanted.shift();
    }
    if (this.#wanted.length > 0) this.#line += countLineEnds(bytes, from);
    this.#offset = end;
  }

  lineAt(offset: number): number | null {
    return this.#lines.get(offset) ?? null;
  }
}
