import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { needs } from "../support/needs.ts";

const ROOT = join(import.meta.dir, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** Every script of a workflow or action, by the name of its step. */
function scriptsIn(path: string): [title: string, script: string][] {
  const { runs, jobs } = parse(read(path)) as {
    runs?: Steps;
    jobs?: Record<string, Partial<Steps>>;
  };
  const all = runs ? [runs] : Object.values(jobs ?? {});
  return all
    .flatMap(({ steps = [] }) => steps)
    .flatMap(({ name, run, shell }) => (run && shell !== "pwsh" ? [[`${path}: ${name ?? run}`, run]] : []));
}

interface Steps {
  steps: { name?: string; run?: string; shell?: string }[];
}

const SCRIPTS: [title: string, script: string, dialect: string][] = [
  ...["scripts/install.sh", "scripts/verify/with-libraries.sh"].map((path): [string, string, string] => [
    path,
    read(path),
    "sh",
  ]),
  [".ci/run", read(".ci/run"), "bash"],
  ...[
    "action.yml",
    ...readdirSync(join(ROOT, ".github/workflows")).map((name) => `.github/workflows/${name}`),
  ]
    .flatMap(scriptsIn)
    .map(([title, script]): [string, string, string] => [title, script, "bash"]),
];

needs("shellcheck").describe("shellcheck finds nothing in", () => {
  test.each(SCRIPTS)("%s", (_, script, dialect) => {
    const { stdout } = Bun.spawnSync(["shellcheck", `--shell=${dialect}`, "-"], {
      stdin: Buffer.from(script),
    });
    expect(stdout.toString()).toBe("");
  });
});

test("install.ps1: everything is in a function that the last line calls", () => {
  const lines = read("scripts/install.ps1").trimEnd().split("\n");
  const code = lines.filter((line) => line !== "" && !line.startsWith("#"));
  expect(code[0]).toBe("function Install-Bentocloud {");
  expect(code.at(-1)).toBe("Install-Bentocloud");
  expect(code.slice(1, -2).every((line) => line.startsWith("  "))).toBe(true);
});

test("the installers know the same variables", () => {
  const variables = (path: string) => new Set(read(path).match(/\bBENTOCLOUD_[A-Z_]+/g));
  expect(variables("scripts/install.ps1")).toEqual(variables("scripts/install.sh"));
});
