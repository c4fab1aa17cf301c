/**
 * Lets many processes of ours and of Python bentoml work on one contexts file in a temporary home, for minutes. Prints
 * figures, and exits 1 when a rule was broken. docs/internals/reliability.md lists the rules.
 */
import { parseArgs } from "node:util";
import { soak } from "./soak/soak.ts";

const MOST_SHOWN = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    writers: { type: "string", default: "8" },
    readers: { type: "string", default: "2" },
    python: { type: "string", default: "2" },
    chaos: { type: "boolean", default: false },
  },
});
const options = {
  seconds: Number(values.minutes) * 60,
  seed: Number(values.seed),
  writers: Number(values.writers),
  readers: Number(values.readers),
  python: Number(values.python),
  chaos: values.chaos,
};

console.log(
  Object.entries(options)
    .map(([name, value]) => `${name} ${value}`)
    .join(", "),
);
const figures = await soak(options);
console.log(`\n${figures.table()}\n`);
for (const rule of figures.broken.slice(0, MOST_SHOWN)) console.log(`broken: ${rule}`);
console.log(`${figures.broken.length} rules broken`);
process.exitCode = figures.broken.length === 0 ? 0 : 1;
