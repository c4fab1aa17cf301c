import { redactCanaries } from "../../test/support/canaries.ts";
import type { Ended } from "./command.ts";

/** The numbers of a run, and a sentence for every rule that was broken. */
export class Figures {
  readonly broken: string[] = [];
  readonly #commands = new Map<string, { milliseconds: number[]; refused: number; killed: number }>();
  readonly #counts = new Map<string, number>();

  command(kind: string, { code, error, milliseconds }: Ended): void {
    const row = this.#commands.get(kind) ?? { milliseconds: [], refused: 0, killed: 0 };
    this.#commands.set(kind, row);
    if (code === null) row.killed += 1;
    else row.milliseconds.push(milliseconds);
    if (code !== null && code !== 0) row.refused += 1;
    if (error) this.count(`commands refused with ${error.code}`);
  }

  /** How many commands of ours were run. */
  get runs(): number {
    return [...this.#commands.values()].reduce((sum, row) => sum + row.milliseconds.length + row.killed, 0);
  }

  count(what: string, by = 1): void {
    this.#counts.set(what, this.counted(what) + by);
  }

  counted(what: string): number {
    return this.#counts.get(what) ?? 0;
  }

  breaks(rule: string): void {
    this.broken.push(redactCanaries(rule));
  }

  table(): string {
    const kinds = [...this.#commands].sort(([a], [b]) => (a < b ? -1 : 1));
    const all = kinds.flatMap(([, { milliseconds }]) => milliseconds);
    const rows = kinds.map(([kind, { milliseconds, refused, killed }]) =>
      line(kind, [milliseconds.length + killed, refused, killed, ...latencies(milliseconds)]),
    );
    return [
      line("command", ["runs", "refused", "killed", "p50", "p99", "max ms"]),
      ...rows,
      line("all", [all.length, "", "", ...latencies(all)]),
      "",
      ...[...this.#counts].map(([what, count]) => `${String(count).padStart(8)}  ${what}`),
    ].join("\n");
  }
}

function line(label: string, cells: (string | number)[]): string {
  return label.padEnd(18) + cells.map((cell) => String(cell).padStart(9)).join("");
}

function latencies(milliseconds: number[]): number[] {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  return [0.5, 0.99, 1].map((part) => Math.round(sorted[Math.ceil(part * sorted.length) - 1] ?? 0));
}
