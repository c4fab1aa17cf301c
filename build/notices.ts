/**
 * Writes the licences of the packages whose code is in the program, and a bill of materials (CycloneDX).
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
  /** The hash of the published package, as in the lock file. */
  integrity: string;
  /** The full text of the licence. */
  text: string;
}

export function writeNotices(packages: string[], commit: string): void {
  const components = packages.map(readComponent);
  const runtimes = TARGETS.map((target) => ({ ...packageOf(target), license: "MIT", target: target.name }));
  mkdirSync("dist", { recursive: true });
  writeFileSync("dist/THIRD_PARTY_LICENSES", formatLicenses(components));
  writeFileSync("dist/sbom.cdx.json", formatBom({ components, runtimes, commit }));
}

/** @throws Error when the package has no licence, or is not the version of the lock file. */
export function readComponent(folder: string): Component {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")).packages[folder];
  const file = readdirSync(folder).find((one) => /^licen[cs]e(\.|$)/i.test(one));
  if (!license || !file) throw new Error(`${name} has no licence`);
  if (lock?.version !== version) throw new Error(`${name} is not the version of package-lock.json`);
  const texts = [join(folder, file), ...EMBEDDED.filter(([one]) => one === name).map(([, path]) => path)];
  const text = texts.map((path) => readFileSync(path, "utf8").replaceAll("\r\n", "\n").trim()).join("\n\n");
  return { name, version, license, integrity: lock.integrity, text };
}

/** Licences of code that a package contains without saying so. */
const EMBEDDED = [["jq-wasm", join(LICENSES, "jq.txt")]] as const;

export function formatLicenses(components: Component[]): string {
  const runtime = readFileSync("node_modules/bun-types/docs/project/license.mdx", "utf8");
  const parts = [
    "bentocloud contains the following third-party software.",
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

/** CycloneDX 1.6, without timestamp and serial number, so that the same sources give the same list. */
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

/** With a target, the component is a runtime, which is in the binary of that target only. */
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
