import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { home } from "./home.ts";
import { writeBelow } from "../store/fixture.ts";
import { sweepCanaries } from "./sweep.ts";

sweepCanaries();

const SOURCE = `
import { test } from "bun:test";
import { needs } from ${JSON.stringify(join(import.meta.dirname, "needs.ts"))};
const { describe, test: testWithZip } = needs("zip");
describe("archives", () => { test.each([1, 2])("one of %p", () => {}); });
testWithZip.each([1, 2, 3])("another of %p", () => {});
needs("rpmbuild", "zip").test("both", () => {});
test("neither", () => {});
needs("jq").test("there", () => {});
needs("jq", { right: "wings", isGiven: () => false }).test.each([1, 2])("with what %p lacks", () => {});
needs("zip", { right: "wings", isGiven: () => { throw new Error("asked without the program"); } });
`;

const { countReport, describeMissing } = await import(join(import.meta.dirname, "../../scripts/junit.mjs"));

/** The output of `npm test` for this file where `jq` is the only installed tool. */
function report(env: Record<string, string>) {
  const here = home();
  const file = writeBelow(here.path, "tools.test.ts", SOURCE);
  const bin = writeBelow(here.path, "bin/jq", "#!/bin/sh\n");
  Bun.spawnSync(["chmod", "+x", bin]);
  const xml = join(here.path, "report.xml");
  Bun.spawnSync([process.execPath, "test", "--reporter=junit", `--reporter-outfile=${xml}`, file], {
    cwd: here.path,
    env: { PATH: join(here.path, "bin"), ...env },
  });
  return countReport(readFileSync(xml, "utf8"), ["tools.test.ts", "crashed.test.ts"]);
}

test("tests without their tools or rights are skipped, and these named with the number of tests and a package", () => {
  const counts = report({});
  expect(counts).toMatchObject({ passed: 2, failed: 1, skipped: 8, silent: ["crashed.test.ts"] });
  expect(describeMissing(counts.lacking)).toEqual([
    "rpmbuild is missing: 1 test skipped; apt-get install rpm",
    "wings is missing: 2 tests skipped",
    "zip is missing: 6 tests skipped; apt-get install zip",
  ]);
});

test("in CI only those that lack a right are skipped", () => {
  expect(report({ CI: "true" })).toMatchObject({ passed: 8, skipped: 2, lacking: ["wings", "wings"] });
});
