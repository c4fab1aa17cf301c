import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "bun:test";
import { formatBom, formatLicenses, readComponent } from "../../build/notices.ts";

const yaml = readComponent("node_modules/yaml");
const jq = readComponent("node_modules/jq-wasm");
const runtime = {
  name: "@oven/bun-linux-x64-baseline",
  version: "1.0.0",
  license: "MIT",
  integrity: `sha512-${Buffer.alloc(64, 7).toString("base64")}`,
  target: "linux-x64",
};
const bom = () => formatBom({ components: [yaml, jq], runtimes: [runtime], commit: "c0ffee" });

test("licences: each package is listed with its version, its licence and the full text", () => {
  const text = formatLicenses([yaml, jq]);
  expect(text).toContain(`yaml ${yaml.version} (ISC)\n\nCopyright Eemeli Aro`);
  expect(text).toContain("THIS SOFTWARE.");
});

test("licences: jq and the code in it are listed with the package that contains them", () => {
  expect(jq.text).toMatch(/Owen Ou[\s\S]*Stephen Dolan[\s\S]*Lucent[\s\S]*International B[\s\S]*K\.Kosako/);
});

test("licences: the licences of the runtime are listed", () => {
  expect(formatLicenses([])).toMatch(/Bun \d+\.\d+\.\d+, the runtime[\s\S]*JavaScriptCore[\s\S]*LGPL-2/);
});

test("licences: a package without a licence, or of another version than the lock file, is refused", () => {
  const folder = mkdtempSync(join(tmpdir(), "bentocloud-package-"));
  try {
    writeFileSync(join(folder, "package.json"), '{"name":"taken","version":"1.0.0","license":"MIT"}');
    expect(() => readComponent(folder)).toThrow("taken has no licence");
    writeFileSync(join(folder, "LICENSE"), "MIT");
    expect(() => readComponent(folder)).toThrow("taken is not the version of package-lock.json");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("bill of materials: is CycloneDX, and the same for the same packages", () => {
  expect(JSON.parse(bom())).toMatchObject({ bomFormat: "CycloneDX", specVersion: "1.6", version: 1 });
  expect(bom()).toBe(bom());
  expect(bom()).not.toMatch(/timestamp|serialNumber/);
});

test("bill of materials: a package has its version, licence, package URL and hash", () => {
  const { components, metadata } = JSON.parse(bom());
  expect(components[0]).toMatchObject({
    type: "library",
    name: "yaml",
    version: yaml.version,
    purl: `pkg:npm/yaml@${yaml.version}`,
    licenses: [{ license: { id: "ISC" } }],
    hashes: [{ alg: "SHA-512", content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
  });
  expect(components[2]).toMatchObject({
    type: "platform",
    purl: "pkg:npm/%40oven/bun-linux-x64-baseline@1.0.0",
    hashes: [{ content: "07".repeat(64) }],
    properties: [{ name: "bentocloud:target", value: "linux-x64" }],
  });
  expect(metadata.component.properties).toEqual([{ name: "bentocloud:commit", value: "c0ffee" }]);
});

test("bill of materials: the program depends on every component", () => {
  const { components, dependencies } = JSON.parse(bom());
  expect(dependencies[0].dependsOn).toEqual(components.map((one: { "bom-ref": string }) => one["bom-ref"]));
});
