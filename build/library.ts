/**
 * Builds the library as it is published: ESM for Bun, Deno and Node, with types. Everything is bundled except ofetch, whose
 * types are part of ours. c12 is as restricted as in the binary.
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { stubs } from "./stubs.ts";

const ROOT = join(import.meta.dir, "..");

const { values } = parseArgs({ options: { outdir: { type: "string", default: "dist/lib" } } });
const outdir = resolve(values.outdir);
rmSync(outdir, { recursive: true, force: true });
await Bun.build({
  entrypoints: [join(ROOT, "src/index.ts")],
  outdir,
  target: "node",
  format: "esm",
  splitting: true,
  external: ["ofetch"],
  plugins: [stubs],
});
declareTypes();
pruneTypes();

function declareTypes(): void {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  const { exitCode } = Bun.spawnSync(
    [process.execPath, tsc, "-p", join(import.meta.dir, "tsconfig.json"), "--outDir", outdir],
    {
      stdio: ["ignore", 2, 2],
    },
  );
  if (exitCode !== 0) throw new Error("the types could not be written");
}

/** Deletes the declarations that `index.d.ts` does not lead to. */
function pruneTypes(): void {
  const needed = new Set<string>();
  const visit = (file: string) => {
    if (needed.has(file)) return;
    needed.add(file);
    for (const [, target] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)\.ts"/g))
      visit(join(file, "..", `${target}.d.ts`));
  };
  visit(join(outdir, "index.d.ts"));
  const files = readdirSync(outdir, { recursive: true }).map((name) => join(outdir, String(name)));
  for (const file of files) if (file.endsWith(".d.ts") && !needed.has(file)) rmSync(file);
}
