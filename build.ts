/**
 * Compiles the program into one file. The binary must load nothing from the directory it is started in: Bun by
 * default reads `.env` there and runs what a `bunfig.toml` preloads, so every autoload is off.
 */
import { parseArgs } from "node:util";
import { packJq } from "./build/jq.ts";
import { stubInputs, stubs } from "./build/stubs.ts";
import { versionOnly } from "./build/version.ts";
import manifest from "./package.json" with { type: "json" };

/** Every package whose code may be in the binary. One that is missing here fails the build. */
const BUNDLED = new Set(
  `@clack/core @clack/prompts bundle-name c12 citty confbox consola default-browser default-browser-id
  define-lazy-prop destr fast-string-truncated-width fast-string-width fast-wrap-ansi fastest-levenshtein
  is-docker is-in-ssh is-inside-container is-wsl jq-wasm node-fetch-native ofetch open powershell-utils
  run-applescript sisteransi ufo wsl-utils yaml`.split(/\s+/),
);

async function compile(outfile: string): Promise<void> {
  const { metafile, outputs } = await Bun.build({
    entrypoints: [`${import.meta.dir}/src/main.ts`],
    target: "bun",
    format: "esm",
    bytecode: true,
    // In one chunk the `node:` imports of every lazy module would be hoisted and load at each start.
    splitting: true,
    // Short identifiers save no measurable time, and stack traces would lose their names.
    minify: { whitespace: true, syntax: true, identifiers: false },
    sourcemap: "linked",
    metafile: true,
    plugins: [await packJq(), stubs, versionOnly],
    compile: {
      outfile,
      autoloadBunfig: false,
      autoloadDotenv: false,
      autoloadPackageJson: false,
      autoloadTsconfig: false,
      execArgv: ["--use-system-ca"],
    },
  });
  checkInputs(Object.keys(metafile!.inputs));
  // The binary carries its source maps; these are copies of them.
  const maps = outputs.filter(({ kind }) => kind === "sourcemap");
  await Promise.all(maps.map(({ path }) => Bun.file(path).delete()));
}

function checkInputs(inputs: string[]): void {
  const unused = stubInputs.filter((stub) => !inputs.includes(stub));
  if (unused.length > 0) throw new Error(`no longer imported by c12: ${unused.join(", ")}`);
  const packages = inputs.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  const foreign = [...new Set(packages)].filter((name) => !BUNDLED.has(name));
  if (foreign.length > 0) throw new Error(`not allowed in the binary: ${foreign.join(", ")}`);
}

const { values } = parseArgs({ options: { outfile: { type: "string", default: "dist/bentocloud" } } });
if (Bun.version !== manifest.devDependencies.bun) {
  throw new Error(`built with Bun ${manifest.devDependencies.bun} only, and this is Bun ${Bun.version}`);
}
await compile(values.outfile);
