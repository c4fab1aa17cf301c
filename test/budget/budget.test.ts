import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { type Bundle, bundle } from "../../scripts/budget/bundle.ts";
import { complaints, parseBudget, renderBudget } from "../../scripts/budget/compare.ts";
import type { Graph } from "../../scripts/budget/graph.ts";
import { type Load, observe } from "../../scripts/budget/observe.ts";
import { sweepCanaries } from "../support/sweep.ts";

// The code that a command loads is the part of its start-up time that does not depend on the machine.

sweepCanaries();

const budget = parseBudget(await Bun.file(join(import.meta.dir, "budget.md")).text());
const bundles: Bundle[] = [];
afterAll(() => bundles.forEach((one) => one.remove()));

async function build(plugins?: Bun.BunPlugin[]): Promise<Bundle> {
  const built = await bundle(plugins);
  bundles.push(built);
  return built;
}

test("budget: every command is within its budget (npm run budget -- --update records a new one)", async () => {
  const program = await build();
  expect(complaints(budget, await observe(program), program.graph)).toEqual([]);
});

test("budget: a heavy import is reported for the commands that load it, with the chain of imports", async () => {
  const program = await build([addImport("src/commands/env.ts", "yaml")]);
  const found = complaints(budget, await observe(program), program.graph);
  const ofEnv = found.filter((complaint) => complaint.startsWith("env: "));
  expect(ofEnv[0]).toMatch(
    /^env: loads yaml now: src\/main\.ts → src\/commands\/index\.ts ⇢ src\/commands\/env\.ts → node_modules\/yaml\//,
  );
  expect(ofEnv[1]).toMatch(
    /^env: loads [\d.]+ KiB of code, and its budget is [\d.]+ KiB; the largest parts are\n {4}[\d.]+ KiB: src\/main\.ts → .*node_modules\/yaml\//,
  );
  expect(found.filter((complaint) => complaint.startsWith("--version: "))).toEqual([]);
});

/** Adds an import to a file and uses it, so that tree shaking keeps it. */
function addImport(file: string, name: string): Bun.BunPlugin {
  return {
    name: "heavy",
    setup(build) {
      build.onLoad({ filter: new RegExp(`/${file.replaceAll(".", "\\.")}$`) }, async ({ path }) => ({
        contents: `import * as heavy from "${name}";\n(globalThis as any).heavy = heavy;\n${await Bun.file(path).text()}`,
        loader: "ts",
      }));
    },
  };
}

describe("a complaint", () => {
  const graph: Graph = new Map([
    ["src/main.ts", [{ target: "src/token.ts", isLazy: true }]],
    [
      "src/token.ts",
      [
        { target: "src/big.ts", isLazy: false },
        { target: "node:http", isLazy: false },
        { target: "node_modules/c12/index.js", isLazy: false },
      ],
    ],
  ]);
  const usual = loadOf({ "src/main.ts": 1024, "src/token.ts": 1024 });

  function loadOf(code: Record<string, number>, builtins: string[] = []): Load {
    const modules = new Set([...graph.values()].flatMap((row) => row.map(({ target }) => target)));
    const kib = Object.values(code).reduce((sum, bytes) => sum + bytes, 0) / 1024;
    const packages = code["c12"] ? ["c12"] : [];
    return { kib, packages, builtins, code: new Map(Object.entries(code)), modules };
  }

  function complain(load: Load, recorded: Record<string, Load> = { token: usual }): string[] {
    const written = renderBudget(new Map(Object.entries(recorded)));
    return complaints(parseBudget(written), new Map([["token", load]]), graph);
  }

  test("is not made about what was recorded, a few lines more, or less code", () => {
    expect(complain(usual)).toEqual([]);
    expect(complain(loadOf({ "src/main.ts": 1024, "src/token.ts": 1120 }))).toEqual([]);
    expect(complain(loadOf({ "src/main.ts": 1024 }))).toEqual([]);
  });

  test("about more code shows the largest parts and how they were imported", () => {
    expect(complain(loadOf({ "src/main.ts": 1024, "src/token.ts": 1034, "src/big.ts": 4096 }))).toEqual([
      `token: loads 6.0 KiB of code, and its budget is 2.0 KiB; the largest parts are
    4.0 KiB: src/main.ts ⇢ src/token.ts → src/big.ts
    1.0 KiB: src/main.ts ⇢ src/token.ts
    1.0 KiB: src/main.ts`,
    ]);
  });

  test("is made about a new package, however small, and a new module of the runtime", () => {
    const code = { "src/main.ts": 1024, "src/token.ts": 1024, c12: 1 };
    expect(complain(loadOf(code, ["node:http"]))).toEqual([
      "token: loads c12 now: src/main.ts ⇢ src/token.ts → node_modules/c12/index.js",
      "token: loads node:http now: src/main.ts ⇢ src/token.ts → node:http",
    ]);
  });

  test("is made about a package or module that is not loaded any more", () => {
    const generous = loadOf({ "src/main.ts": 2048, c12: 1 }, ["node:http"]);
    expect(complain(usual, { token: generous })).toEqual([
      "token: does not load c12 any more",
      "token: does not load node:http any more",
    ]);
  });

  test("is made about a command without a budget and a budget without a command", () => {
    expect(complain(usual, { use: usual })).toEqual([
      "use: has a budget, but is not observed any more",
      "token: has no budget yet",
    ]);
  });
});
