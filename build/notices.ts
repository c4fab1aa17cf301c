/**
 * What stands beside the binaries about other people's work in them: its licences, and a list for machines (CycloneDX).
 * Both come from the packages whose code really is in the program.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { packageOf } from "./runtimes.ts";
import { TARGETS } from "./targets.ts";

const LICENSES = join(import.meta.dir, "licenses");

/** A package in the binary. */
export interface Component {
  name: string;
  version: string;
  license: string;
  /** Of the package as it was published, in the lock file's form. */
  integrity: string;
  /** The licence's whole text. */
  text: string;
}

export function writeNotices(packages: string[], commit: string): void {
  const components = packages.map(readComponent);
  const runtimes = TARGETS.map((target) => ({ ...packageOf(target), license: "MIT", target: target.name }));
  mkdirSync("dist", { recursive: true });
  writeFileSync("dist/THIRD_PARTY_LICENSES", formatLicenses(components));
  writeFileSync("dist/sbom.cdx.json", formatBom({ components, runtimes, commit }));
}

/** @throws Error when the package does not say what its licence is. */
export function readComponent(folder: string): Component {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")).packages[folder];
  const file = readdirSync(folder).find((one) => /^licen[cs]e(\.|$)/i.test(one));
  if (!license || !file) throw new Error(`${name} has no licence`);
  if (lock?.version !== version) throw new Error(`${name} is not the one of package-lock.json`);
  const texts = [join(folder, file), ...EMBEDDED.filter(([one]) => one === name).map(([, path]) => path)];
  const text = texts.map((path) => readFileSync(path, "utf8").replaceAll("\r\n", "\n").trim()).join("\n\n");
  return { name, version, license, integrity: lock.integrity, text };
}

/** What a package carries besides, and does not say itself. */
const EMBEDDED = [["jq-wasm", join(LICENSES, "jq.txt")]] as const;

export function formatLicenses(components: Component[]): string {
  const runtime = readFileSync("node_modules/bun-types/docs/project/license.mdx", "utf8");
  const parts = [
    "bentocloud is made with the work of others. This is what is in the program, and under which terms.",
    ...components.map(({ name, version, license, text }) => `${name} ${version} (${license})\n\n${text}`),
    `Bun ${manifest.devDependencies.bun}, the runtime (MIT, with parts under other licences)\n\n${runtime.replace(/^---[\s\S]*?---\s*/, "").trim()}`,
  ];
  return `${parts.join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

interface Runtime {
  name: string;
  version: string;
  license: string;
  integrity: string;
  target: string;
}

/** CycloneDX 1.6, without a time and a number of its own, so that the same sources give the same list. */
export function formatBom(parts: { components: Component[]; runtimes: Runtime[]; commit: string }): string {
  const self = `pkg:npm/${manifest.name}@${manifest.version}`;
  const components = [
    ...parts.components.map((one) => formatComponent(one)),
    ...parts.runtimes.map((one) => formatComponent(one, one.target)),
  ];
  const bom = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        type: "application",
        "bom-ref": self,
        name: manifest.name,
        version: manifest.version,
        description: manifest.description,
        licenses: [{ license: { id: manifest.license } }],
        purl: self,
        properties: [{ name: "bentocloud:commit", value: parts.commit }],
      },
    },
    components,
    dependencies: [{ ref: self, dependsOn: components.map((one) => one["bom-ref"]) }],
  };
  return `${JSON.stringify(bom, null, 2)}\n`;
}

/** A runtime is a part of one target's binary alone. */
function formatComponent({ name, version, license, integrity }: Omit<Component, "text">, target?: string) {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const [algorithm, hash] = integrity.split("-") as [string, string];
  return {
    type: target ? "platform" : "library",
    "bom-ref": purl,
    name,
    version,
    scope: target ? "optional" : "required",
    hashes: [{ alg: algorithm.replace("sha", "SHA-"), content: Buffer.from(hash, "base64").toString("hex") }],
    licenses: [{ license: { id: license } }],
    purl,
    ...(target && { properties: [{ name: "bentocloud:target", value: target }] }),
  };
}
