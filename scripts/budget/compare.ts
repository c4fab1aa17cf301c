import { chainTo, type Graph, isForeign } from "./graph.ts";
import type { Load, Observed } from "./observe.ts";

/** The recorded load of each command. */
export type Budget = Record<string, Load>;

/** How far the bytes may be from what is recorded, so that not every line that is written needs a new record. */
const TOLERANCE = 0.05;

/** What is wrong, as sentences that name the module and how it came in; empty when all is within its budget. */
export function complaints(budget: Budget, observed: ReadonlyMap<string, Observed>, graph: Graph): string[] {
  const unknown = [...observed.keys()].filter((name) => budget[name] === undefined);
  const gone = Object.keys(budget).filter((name) => !observed.has(name));
  return [
    ...unknown.map((name) => `${name}: has no budget yet`),
    ...gone.map((name) => `${name}: has a budget, but is not observed any more`),
    ...[...observed].flatMap(([name, load]) => {
      const recorded = budget[name];
      const found = recorded ? compare(recorded, load, graph) : [];
      return found.map((complaint) => `${name}: ${complaint}`);
    }),
  ];
}

function compare(recorded: Load, load: Observed, graph: Graph): string[] {
  const chain = (owner: string) => chainTo(graph, load.modules, owner);
  const [before, now] = [foreignOf(recorded), foreignOf(load)];
  const added = now.filter((name) => !before.includes(name));
  const removed = before.filter((name) => !now.includes(name));
  return [
    ...added.map((name) => `loads ${name}${size(load.code[name])} now: ${chain(name)}`),
    ...removed.map((name) => `does not load ${name} any more, so its budget is too large`),
    ...compareBytes(recorded, load, chain),
  ];
}

function compareBytes(recorded: Load, load: Load, chain: (owner: string) => string): string[] {
  const [budget, bytes] = [bytesOf(recorded), bytesOf(load)];
  const change = bytes / budget - 1;
  if (Math.abs(change) <= TOLERANCE) return [];
  const total = `${count(bytes)} bytes of code, and its budget is ${count(budget)}`;
  if (change < 0) return [`loads ${total}, which is too large`];
  const grown = Object.entries(load.code)
    .map(([owner, size]) => ({ owner, by: size - (recorded.code[owner] ?? 0) }))
    .filter(({ by }) => by > 0)
    .toSorted((a, b) => b.by - a.by);
  return [
    `loads ${total}; most of it by\n${grown
      .slice(0, 5)
      .map(({ owner, by }) => `    ${count(by)} bytes: ${chain(owner)}`)
      .join("\n")}`,
  ];
}

export function bytesOf({ code }: Load): number {
  return Object.values(code).reduce((sum, bytes) => sum + bytes, 0);
}

function foreignOf({ code, builtins }: Load): string[] {
  return [...Object.keys(code).filter(isForeign), ...builtins];
}

function size(bytes: number | undefined): string {
  return bytes === undefined ? "" : ` (${count(bytes)} bytes)`;
}

export function count(value: number): string {
  return value.toLocaleString("en");
}
