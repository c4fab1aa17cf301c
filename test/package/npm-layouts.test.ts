import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { run } from "../support/bin.ts";
import { home } from "../support/home.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { HERE, serveRegistry } from "./registry.ts";

sweepCanaries();

const MODULES = join(import.meta.dir, "../../node_modules");
const registry = serveRegistry(join(home().path, "dist"));
afterAll(() => registry.stop());

const NPM = "npm --no-audit --no-fund";
const PNPM = `node '${MODULES}/pnpm/bin/pnpm.cjs'`;
const YARN = `node '${MODULES}/@yarnpkg/cli-dist/bin/yarn.js'`;
const BUN = `'${MODULES}/.bin/bun'`;

/** Commands for a shell in the project. */
interface Layout {
  install: string;
  start?: string;
  /** Settings of the package manager, by file name. */
  files?: Record<string, string>;
}

const yarn = (linker: string): Layout => ({
  install: `${YARN} add bentocloud`,
  start: `${YARN} bentocloud`,
  files: {
    "yarn.lock": "",
    ".yarnrc.yml": `nodeLinker: ${linker}
npmRegistryServer: ${registry.url.replace(/\/$/, "")}
unsafeHttpWhitelist: [127.0.0.1]
npmMinimalAgeGate: 0
enableTelemetry: false
enableGlobalCache: false
`,
  },
});

/** Ways to install that put a package and its dependencies into different places. */
const LAYOUTS: Record<string, Layout> = {
  npm: { install: `${NPM} install bentocloud` },
  "npm, nested": { install: `${NPM} install --install-strategy=nested bentocloud` },
  "npm, linked": { install: `${NPM} install --install-strategy=linked bentocloud` },
  "npm --global": {
    install: `${NPM} install --global --prefix=global bentocloud`,
    start: "global/bin/bentocloud",
  },
  npx: {
    install: `${NPM} exec --yes bentocloud -- --version`,
    start: '"$npm_config_cache"/_npx/*/node_modules/.bin/bentocloud',
  },
  pnpm: { install: `${PNPM} add bentocloud` },
  "pnpm, hoisted": { install: `${PNPM} add --node-linker=hoisted bentocloud` },
  "pnpm, global virtual store": {
    install: `${PNPM} add bentocloud`,
    files: { "pnpm-workspace.yaml": "enableGlobalVirtualStore: true\n" },
  },
  "yarn, node-modules": yarn("node-modules"),
  "yarn, pnpm": yarn("pnpm"),
  "yarn, Plug'n'Play": yarn("pnp"),
  bun: { install: `${BUN} add bentocloud` },
  "bun, isolated": { install: `${BUN} add --linker=isolated bentocloud` },
};

/** All folders below that have this name, links among them. */
function foldersNamed(name: string, folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name === name) return [path];
    return entry.isDirectory() ? foldersNamed(name, path) : [];
  });
}

/** Somebody else's program. */
function writeProgram(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, "#!/bin/sh\necho planted\n");
  chmodSync(path, 0o755);
}

/** Puts somebody else's program into a package of the right name. */
function plant(modules: string, version = manifest.version): void {
  const name = `@bentocloud/cli-${HERE.name}`;
  writeProgram(join(modules, name, "bin", HERE.exe));
  writeFileSync(join(modules, name, "package.json"), JSON.stringify({ name, version }));
}

describe.each(Object.entries(LAYOUTS))("the npm package, installed with %s", (_, layout) => {
  const { install, start = "node_modules/.bin/bentocloud", files = {} } = layout;
  const own = home();
  const bin = join(own.path, "bin");
  const project = join(own.path, "outer/project");
  mkdirSync(project, { recursive: true });
  for (const [name, text] of Object.entries({ "package.json": '{"private":true}', ...files }))
    writeFileSync(join(project, name), text);
  const env = {
    npm_config_registry: registry.url,
    BUN_CONFIG_REGISTRY: registry.url,
    npm_config_cache: join(own.path, "cache"),
    NODE_PATH: join(own.path, "node-path"),
    PATH: `${bin}:${process.env["PATH"]}`,
  };
  const inProject = (line: string) =>
    run([line], { home: own, cwd: project, env, command: ["/bin/sh", "-c"], timeoutMs: 60_000 });

  test("runs the program of the platform package", async () => {
    const { code, stderr } = await inProject(install);
    if (code !== 0) throw new Error(stderr);
    const stdout = `bentocloud ${manifest.version}\n`;
    expect(await inProject(`${start} --version`)).toMatchObject({ code: 0, stdout });
  }, 60_000);

  test("runs no other program when the platform package is missing, or is of another version", async () => {
    const removed = foldersNamed(`cli-${HERE.name}`, own.path);
    expect(removed).not.toBeEmpty();
    for (const folder of removed) rmSync(folder, { recursive: true });
    const folders = ["outer/node_modules", "node_modules", ".node_modules", ".node_libraries"];
    for (const folder of [...folders, "node-path"]) plant(join(own.path, folder));
    for (const name of ["bentocloud", `cli-${HERE.name}`]) writeProgram(join(bin, name));
    const missing = await inProject(`${start} --version`);
    expect(missing).toMatchObject({ code: 1, stdout: "" });
    expect(missing.stderr).toContain(`error: @bentocloud/cli-${HERE.name} is not installed: `);
    for (const folder of removed) if (existsSync(dirname(folder))) plant(dirname(dirname(folder)), "0.0.1");
    const other = await inProject(`${start} --version`);
    expect(other).toMatchObject({ code: 1, stdout: "" });
    expect(other.stderr).toContain(` is not @bentocloud/cli-${HERE.name} ${manifest.version}\n`);
  }, 60_000);
});
