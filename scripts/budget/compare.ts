import { table } from "../table.ts";
import { chainTo, type Graph } from "./graph.ts";
import type { Load } from "./observe.ts";

/** The code that each command may load. */
export type Budget = ReadonlyMap<string, Pick<Load, "kib" | "packages" | "builtins">>;

const INTRODUCTION = `# What each command loads

\`npm run budget -- --update\` writes this table. A test fails when a command loads another package or module of the runtime,
or 5 % more code. KiB is the code in the bundle, ours and that of packages, without the runtime.`;

/** How much more code than recorded is allowed, so that not every new line needs an update. */
const TOLERANCE = 0.05;
const LARGEST = 5;

export function renderBudget(budget: Budget): string {
  const rows = [...budget].map(([command, { kib, packages, builtins }]) => [
    command,
    kib.toFixed(1),
    packages.join(" "),
    builtins.join(" "),
  ]);
  return `${INTRODUCTION}\n\n${table(["Command", "KiB", "Packages", "Modules of the runtime"], rows)}\n`;
}

export function parseBudget(text: string): Budget {
  const [, , ...rows] = text.split("\n").filter((line) => line.startsWith("|"));
  return new Map(
    rows.map((row) => {
      const [, command = "", kib, packages = "", builtins = ""] = row.split("|").map((cell) => cell.trim());
      const list = (cell: string) => cell.split(" ").filter(Boolean);
      return [command, { kib: Number(kib), packages: list(packages), builtins: list(builtins) }];
    }),
  );
}

/** One sentence for each excess over the budget, with the chain of imports that caused it. */
export function complaints(budget: Budget, loads: ReadonlyMap<string, Load>, graph: Graph): string[] {
  const gone = [...budget.keys()].filter((command) => !loads.has(command));
  return [
    ...gone.map((command) => `${command}: has a budget, but is not observed any more`),
    ...[...loads].flatMap(([command, load]) => {
      const allowed = budget.get(command);
      const found = allowed ? compare(allowed, load, graph) : ["has no budget yet"];
      return found.map((complaint) => `${command}: ${complaint}`);
    }),
  ];
}

type Allowed = NonNullable<ReturnType<Budget["get"]>>;

function compare(allowed: Allowed, load: Load, graph: Graph): string[] {
  const chain = (owner: string) => chainTo(graph, load.modules, owner);
  const before = [...allowed.packages, ...allowed.builtins];
  const now = [...load.packages, ...load.builtins];
  return [
    ...now.filter((name) => !before.includes(name)).map((name) => `loads ${name} now: ${chain(name)}`),
    ...before.filter((name) => !now.includes(name)).map((name) => `does not load ${name} any more`),
    ...(load.kib > allowed.kib * (1 + TOLERANCE) ? [describeGrowth(allowed, load, chain)] : []),
  ];
}

function describeGrowth(allowed: Allowed, { kib, code }: Load, chain: (owner: string) => string): string {
  const largest = [...code].toSorted(([, a], [, b]) => b - a).slice(0, LARGEST);
  const lines = largest.map(([owner, bytes]) => `    ${(bytes / 1024).toFixed(1)} KiB: ${chain(owner)}`);
  const total = `loads ${kib.toFixed(1)} KiB of code, and its budget is ${allowed.kib.toFixed(1)} KiB`;
  return `${total}; the largest parts are\n${lines.join("\n")}`;
}
