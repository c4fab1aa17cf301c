import { afterAll, describe, expect, test } from "bun:test";
import { type Bundle, bundle } from "../../scripts/budget/bundle.ts";
import { type Budget, complaints } from "../../scripts/budget/compare.ts";
import type { Graph } from "../../scripts/budget/graph.ts";
import { observe, type Observed } from "../../scripts/budget/observe.ts";
import { sweepCanaries } from "../support/sweep.ts";
import recorded from "./budget.json" with { type: "json" };

// Which code a command loads is the part of its start-up time that does not depend on the machine.

sweepCanaries();

const budget: Budget = recorded;
const bundles: Bundle[] = [];
afterAll(() => bundles.forEach((one) => one.remove()));

async function built(plugins?: Bun.BunPlugin[]): Promise<Bundle> {
  const made = await bundle(plugins);
  bundles.push(made);
  return made;
}

test("budget: no command loads more than was recorded (npm run budget -- --update records anew)", async () => {
  const program = await built();
  expect(complaints(budget, await observe(program), program.graph)).toEqual([]);
});

test("budget: a heavy import in a command's path is named, with the way it came in", async () => {
  const program = await built([withImport("src/auth/session.ts", "yaml")]);
  const found = complaints(budget, await observe(program), program.graph);
  const ofToken = found.filter((complaint) => complaint.startsWith("token: "));
  expect(ofToken[0]).toMatch(
    /^token: loads yaml \([\d,]+ bytes\) now: src\/main\.ts → src\/commands\/index\.ts ⇢ src\/commands\/token\.ts → src\/session\/open\.ts → node_modules\/yaml\//,
  );
  expect(ofToken[1]).toMatch(/^token: loads [\d,]+ bytes of code, and its budget is [\d,]+; most of it by\n/);
  expect(found.filter((complaint) => complaint.startsWith("--version: "))).toEqual([]);
});

/** The file with one import more, which is used so that it cannot be shaken off. */
function withImport(file: string, name: string): Bun.BunPlugin {
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

describe("complaints", () => {
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
  const code = { "src/main.ts": 1000, "src/token.ts": 1000 };
  const recordedToken = { token: { code, builtins: [] } };

  function complain(
    load: { code: Record<string, number>; builtins?: string[] },
    known: Budget = recordedToken,
  ) {
    const { builtins = [] } = load;
    const modules = new Set([...graph.values()].flatMap((row) => row.map(({ target }) => target)));
    const observed: Observed = { code: load.code, builtins, modules };
    return complaints(known, new Map([["token", observed]]), graph);
  }

  test("there is none about what was recorded, nor about a few lines more", () => {
    expect(complain({ code })).toEqual([]);
    expect(complain({ code: { ...code, "src/token.ts": 1090 } })).toEqual([]);
  });

  test("there is one about much more code of ours, with where it is", () => {
    expect(complain({ code: { ...code, "src/token.ts": 1010, "src/big.ts": 400 } })).toEqual([
      `token: loads 2,410 bytes of code, and its budget is 2,000; most of it by
    400 bytes: src/main.ts ⇢ src/token.ts → src/big.ts
    10 bytes: src/main.ts ⇢ src/token.ts`,
    ]);
  });

  test("there is one about a package, however small, and about a module of the runtime", () => {
    expect(complain({ code: { ...code, c12: 1 }, builtins: ["node:http"] })).toEqual([
      "token: loads c12 (1 bytes) now: src/main.ts ⇢ src/token.ts → node_modules/c12/index.js",
      "token: loads node:http now: src/main.ts ⇢ src/token.ts → node:http",
    ]);
  });

  test("there is one about a budget that became too large, which would let the next heavy import in", () => {
    const generous = { token: { code: { ...code, yaml: 1000 }, builtins: [] } };
    expect(complain({ code }, generous)).toEqual([
      "token: does not load yaml any more, so its budget is too large",
      "token: loads 2,000 bytes of code, and its budget is 3,000, which is too large",
    ]);
  });

  test("there is one about a command without a budget and a budget without a command", () => {
    expect(complain({ code }, { use: { code, builtins: [] } })).toEqual([
      "token: has no budget yet",
      "use: has a budget, but is not observed any more",
    ]);
  });
});
