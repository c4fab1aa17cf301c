import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { TARGETS, type Target } from "../../build/targets.ts";
import manifest from "../../package.json" with { type: "json" };
import { type Placed, place } from "./place.ts";
import { type Packaging, REPOSITORY } from "./project.ts";
import { run } from "./run.ts";
import { licences } from "./documents.ts";

const ROOT = join(import.meta.dir, "../..");

function platformName({ name }: Target): string {
  return `@bentocloud/cli-${name}`;
}

/** A package with one binary. npm installs it only on the systems that it names. */
export function platformManifest(target: Target) {
  return {
    ...common(),
    name: platformName(target),
    description: `The bentocloud binary for ${target.name}`,
    os: [target.os],
    cpu: [target.cpu],
    ...(target.libc && { libc: [target.libc] }),
    // Yarn would keep the program in a zip file, where it cannot be started.
    preferUnplugged: true,
  };
}

/** The package that people install: the command and the library. The binary is in an optional dependency. */
export function umbrellaManifest() {
  const { types, exports, dependencies } = manifest;
  return {
    ...common(),
    name: manifest.name,
    description: manifest.description,
    type: "module",
    bin: { bentocloud: "bin/bentocloud.js" },
    types,
    exports,
    dependencies,
    optionalDependencies: Object.fromEntries(
      TARGETS.map((target) => [platformName(target), manifest.version]),
    ),
  };
}

function common() {
  const { version, license, repository } = manifest;
  return { version, license, repository, engines: { node: ">=20" }, publishConfig: { access: "public" } };
}

/** Writes a folder for each package to `dist/npm`, and a tarball of each. Needs the library in `dist/lib`. */
export function writeNpmPackages({ dist, time }: Packaging): void {
  const out = join(dist, "npm");
  rmSync(out, { recursive: true, force: true });
  for (const target of TARGETS) place(join(out, `cli-${target.name}`), platformFiles(dist, target), time);
  place(join(out, "bentocloud"), umbrellaFiles(dist), time);
  cpSync(join(dist, "lib"), join(out, "bentocloud/dist/lib"), { recursive: true });
  const folders = [...TARGETS.map(({ name }) => `cli-${name}`), "bentocloud"];
  run(["npm", "pack", "--silent", ...folders.map((name) => `./${name}`)], { cwd: out });
}

function platformFiles(dist: string, target: Target): Placed[] {
  const title = `# ${platformName(target)}\n\nThe binary of [bentocloud](${REPOSITORY}) for ${target.name}.\n`;
  return [
    { path: "package.json", content: toJson(platformManifest(target)) },
    { path: `bin/${target.exe}`, from: join(dist, target.name, target.exe), executable: true },
    { path: "README.md", content: title },
    ...licences(dist),
  ];
}

function umbrellaFiles(dist: string): Placed[] {
  return [
    { path: "package.json", content: toJson(umbrellaManifest()) },
    { path: "bin/bentocloud.js", from: join(ROOT, "scripts/npm/bentocloud.js"), executable: true },
    { path: "README.md", from: join(ROOT, "README.md") },
    ...licences(dist),
  ];
}

function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
