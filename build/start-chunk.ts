/**
 * The chunk that every start loads. Left to itself, the bundler makes a chunk for each set of modules that some
 * `import()` shares, and a start loads 24 of them; loading a chunk takes longer than running what is in it. So a first
 * build finds all modules that `main.ts` imports statically. In a second build, of everything else, a stand-in for each of
 * them passes on what their chunk exports. The third build makes this chunk, with the exports that the others use.
 */
import { dirname, join, relative, resolve } from "node:path";
import type { BunPlugin } from "bun";

/** Not a part of its own chunk, because what `import()` loads while its top level waits could import nothing from it. */
export const ENTRY = "src/main.ts";

const SHARED = "shared.js";
const STAND_IN = "stand-in";
const ALL = "all:shared";
/** Modules that are no file of ours or of a package. */
const MADE_UP = new RegExp(`^(?:${STAND_IN}|all):`);

interface Built {
  outputs: Bun.BuildArtifact[];
  metafile: Bun.BuildMetafile;
}

interface Options {
  config: Omit<Bun.BuildConfig, "entrypoints"> & { plugins: BunPlugin[] };
  /** The folder where the chunks find each other, with a slash at the end. */
  base: string;
}

interface Chunks {
  /** The chunk of every start. */
  shared: Built;
  rest: Built;
  /** The file name of the chunk with {@link ENTRY}. */
  entry: string;
}

/** The working directory must be the checkout. */
export async function buildChunks({ config, base }: Options): Promise<Chunks> {
  const found = new Set<string>();
  const first = await build({
    ...config,
    entrypoints: [ENTRY],
    plugins: [...config.plugins, lazyImports((path) => void found.add(path))],
  });
  // The bundler lists them in the order in which it has read them, which differs.
  const modules = Object.keys(first.metafile.inputs)
    .filter((path) => path.startsWith("src/") && path !== ENTRY)
    .toSorted();
  const rest = await build({
    ...config,
    entrypoints: [ENTRY, ...[...found].filter((path) => !modules.includes(path)).toSorted()],
    // In a single chunk, the `node:` imports of every lazy module would be hoisted and load at each start.
    splitting: true,
    plugins: [standIns(modules, base + SHARED), ...config.plugins],
  });
  const chunks = new Map(
    Object.entries(rest.metafile.outputs).map(([path, { entryPoint }]) => [entryPoint, nameOf(path)]),
  );
  const texts = await Promise.all(rest.outputs.map((output) => output.text()));
  const shared = await build({
    ...config,
    entrypoints: [ALL],
    naming: { entry: SHARED },
    plugins: [
      allOf(modules, (name) => texts.some((text) => text.includes(name))),
      ...config.plugins,
      lazyImports((path) => base + chunks.get(path)),
    ],
  });
  return { shared, rest, entry: chunks.get(ENTRY)! };
}

async function build(options: Bun.BuildConfig): Promise<Built> {
  const { outputs, metafile } = await Bun.build({ ...options, metafile: true });
  for (const { inputs } of Object.values(metafile!.outputs))
    for (const module of Object.keys(inputs)) if (MADE_UP.test(module)) delete inputs[module];
  return { outputs, metafile: metafile! };
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Leaves out what is behind an `import()`, and asks what to import in its place. Packages have some in unused code only. */
function lazyImports(replace: (path: string) => string | void): BunPlugin {
  return {
    name: "lazy-imports",
    setup(build) {
      build.onResolve({ filter: /^(?!node:)/ }, ({ path, importer, kind }) => {
        if (kind !== "dynamic-import") return undefined;
        const target = relative(process.cwd(), Bun.resolveSync(path, dirname(importer)));
        const isUsed = !importer.includes("node_modules");
        return { path: (isUsed && replace(target)) || path, external: true };
      });
    },
  };
}

/** Makes one chunk of all these modules, with the exports that others use. */
function allOf(modules: readonly string[], isUsed: (name: string) => boolean): BunPlugin {
  return {
    name: "all",
    setup(build) {
      build.onResolve({ filter: new RegExp(`^${ALL}$`) }, ({ path }) => ({ path, namespace: "all" }));
      build.onLoad({ filter: /(?:)/, namespace: "all" }, async () => {
        const lines = modules.map(async (module, index) => {
          const names = (await exportsOf(module)).filter((name) => isUsed(nameIn(index, name)));
          const renamed = names.map((name) => `${name} as ${nameIn(index, name)}`);
          return `export { ${renamed.join(", ")} } from ${JSON.stringify(resolve(module))};`;
        });
        return { contents: (await Promise.all(lines)).join("\n"), loader: "js" };
      });
    },
  };
}

/** Puts a stand-in for each of these modules, which passes on what the chunk `shared` exports of it. */
function standIns(modules: readonly string[], shared: string): BunPlugin {
  return {
    name: "stand-ins",
    setup(build) {
      build.onResolve({ filter: /(?:)/ }, ({ path, importer }) => {
        if (path === shared) return { path, external: true };
        const target = path.startsWith(".") ? relative(process.cwd(), join(dirname(importer), path)) : path;
        return modules.includes(target) ? { path: target, namespace: STAND_IN } : undefined;
      });
      build.onLoad({ filter: /(?:)/, namespace: STAND_IN }, async ({ path }) => {
        const index = modules.indexOf(path);
        const names = (await exportsOf(path)).map((name) => `${nameIn(index, name)} as ${name}`);
        return { contents: `export { ${names.join(", ")} } from ${JSON.stringify(shared)};`, loader: "js" };
      });
    },
  };
}

/** The module behind a stand-in, as the bundler names it. */
export function withoutStandIn(module: string): string {
  return module.replace(`${STAND_IN}:`, "");
}

async function exportsOf(module: string): Promise<string[]> {
  return new Bun.Transpiler({ loader: "ts" }).scan(await Bun.file(module).text()).exports;
}

/** Modules may export something else under one name, so each name gets the number of its module. */
function nameIn(index: number, name: string): string {
  return `${name}_${index}`;
}
