/** A module as the bundle's metafile names it: `src/main.ts`, `node_modules/yaml/dist/index.js`, `node:fs`. */
export type Module = string;

interface Import {
  target: Module;
  /** Evaluated when `import()` is reached, if it is. */
  isLazy: boolean;
}

export type Graph = ReadonlyMap<Module, readonly Import[]>;

const ENTRY: Module = "src/main.ts";

/** Not all that Bun says of an import is in its types. */
type Edge = Bun.BuildMetafile["inputs"][string]["imports"][number] & { entryPoint?: string };

/** From what the bundler says of its inputs. */
export function graphOf(inputs: Bun.BuildMetafile["inputs"]): Graph {
  const rows = Object.entries(inputs).map(([module, { imports }]): [Module, Import[]] => [
    module,
    imports.map((one) => ({ target: targetOf(one), isLazy: one.kind === "dynamic-import" })),
  ]);
  return new Map(rows);
}

/** An `import()` is said to lead to a chunk, whose first module is meant; Bun calls `node:fs` just `fs`. */
function targetOf(one: Edge): Module {
  if (one.entryPoint !== undefined) return one.entryPoint;
  return one.external && one.original?.startsWith("node:") ? one.original : one.path;
}

/** What a module belongs to: a package is one thing, however many files it has. */
export function ownerOf(module: Module): string {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1] ?? module;
}

/** Whether it is not a file of this project. */
export function isForeign(owner: string): boolean {
  return !/^(src|build)\/|^package\.json$/.test(owner);
}

/** The shortest way from the program's first module to one of these through modules that were evaluated. */
export function chainTo(graph: Graph, evaluated: ReadonlySet<Module>, owner: string): string {
  const before = new Map<Module, { module: Module; isLazy: boolean } | null>([[ENTRY, null]]);
  for (const module of before.keys()) {
    if (ownerOf(module) === owner) return spell(before, module);
    for (const { target, isLazy } of graph.get(module) ?? []) {
      if (evaluated.has(target) && !before.has(target)) before.set(target, { module, isLazy });
    }
  }
  return `${owner}, which nothing imports`;
}

function spell(
  before: ReadonlyMap<Module, { module: Module; isLazy: boolean } | null>,
  last: Module,
): string {
  const step = before.get(last);
  return step ? `${spell(before, step.module)} ${step.isLazy ? "⇢" : "→"} ${last}` : last;
}
