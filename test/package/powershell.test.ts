import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { powershellProblems } from "../../scripts/powershell.ts";

const INSTALLER = readFileSync(join(import.meta.dir, "../../scripts/install.ps1"), "utf8");

test("the grammar of PowerShell accepts the installer", () => {
  expect(powershellProblems(INSTALLER)).toEqual([]);
});

test.each([
  ["a brace that is never closed", INSTALLER.slice(0, INSTALLER.lastIndexOf("}"))],
  ["a quote that is never closed", INSTALLER.replace("'Stop'", "'Stop")],
  ["a condition without its right side", INSTALLER.replace("-ne 'https'", "-ne")],
  ["a loop without its list", "foreach ($name in ) { $name }"],
  ["a `fi` of another shell", "if [ 1 ]; then echo 1; fi"],
])("the grammar of PowerShell refuses %s", (_, script) => {
  expect(powershellProblems(script)).not.toEqual([]);
});
