import { basename } from "node:path";
import { withoutStandIn } from "../../build/start-chunk.ts";

/** A module as the bundler names it: `src/main.ts`, `node_modules/yaml/dist/index.js`, `node:fs`. */
export type Module = string;

interface Import {
  target: Module;
  /** An `import()`, which is evaluated only when it is reached. */
  isLazy: boolean;
}

export type Graph = ReadonlyMap<Module, readonly Import[]>;

const ENTRY: Module = "src/main.ts";

/** Bun's types lack one field of an import. */
type Edge = Bun.BuildMetafile["inputs"][string]["imports"][number] & { entryPoint?: string };

interface Places {
  /** The imports of a module's chunk, because the bundler also lists imports of code that it removed. */
  builtins: ReadonlyMap<Module, ReadonlySet<Module>>;
  /** The module that a chunk is for, by the name of its file. */
  entryPoints: ReadonlyMap<string, Module | undefined>;
}

export function graphOf(inputs: Bun.BuildMetafile["inputs"], { builtins, entryPoints }: Places): Graph {
  const rows = Object.entries(inputs).map(([module, { imports }]): [Module, Import[]] => [
    module,
    imports
      .map((one) => ({ target: targetOf(one, entryPoints), isLazy: one.kind === "dynamic-import" }))
      .filter(({ target }) => !target.startsWith("node:") || builtins.get(module)?.has(target)),
  ]);
  return new Map(rows);
}

/** Bun names the chunk that an `import()` leads to, and `node:fs` is `fs`; we want the module in both cases. */
function targetOf(one: Edge, entryPoints: Places["entryPoints"]): Module {
  const module = one.entryPoint ?? entryPoints.get(basename(one.path));
  if (module !== undefined) return module;
  return one.external && one.original?.startsWith("node:") ? one.original : withoutStandIn(one.path);
}

/** The package of a module; for a file of ours, the file. */
export function ownerOf(module: Module): string {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1] ?? module;
}

/** A file of this project, or a stub that the build puts in the place of a module. */
export function isOurs(owner: string): boolean {
  return /^(src|build)\/|^package\.json$|^stub:/.test(owner);
}

/**
 * The shortest chain of imports from the entry to a module of `owner`, through modules that were evaluated: `→` for an
 * import, `⇢` for an `import()`.
 */
export function chainTo(graph: Graph, evaluated: ReadonlySet<Module>, owner: string): string {
  const chains = new Map<Module, string>([[ENTRY, ENTRY]]);
  // Entries that are added while a Map is iterated are visited too: a breadth-first search.
  for (const [module, chain] of chains) {
    if (ownerOf(module) === owner) return chain;
    for (const { target, isLazy } of graph.get(module) ?? [])
      if (evaluated.has(target) && !chains.has(target))
        chains.set(target, `${chain} ${isLazy ? "⇢" : "→"} ${target}`);
  }
  return `${owner}, which nothing imports`;
}
