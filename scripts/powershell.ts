/**
 * Parses every PowerShell script that is shipped, printed or run in CI with the grammar of tree-sitter: no other machine than
 * Windows need have PowerShell. Exits 1 for a script that it refuses.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Glob } from "bun";
import { Language, Parser, type Node } from "web-tree-sitter";
import { parse } from "yaml";
import { run } from "./package/run.ts";

const ROOT = join(import.meta.dir, "..");

await Parser.init();
const grammar = "tree-sitter-powershell/tree-sitter-powershell.wasm";
const parser = new Parser().setLanguage(await Language.load(Bun.resolveSync(grammar, ROOT)));

/** One sentence for each place that is not PowerShell. */
export function powershellProblems(script: string): string[] {
  const tree = parser.parse(script);
  if (!tree) throw new Error("the parser gave up");
  const problems: string[] = [];
  const visit = (node: Node): void => {
    const { row, column } = node.startPosition;
    const place = `line ${row + 1}, column ${column + 1}`;
    if (node.isMissing) problems.push(`${place}: ${node.type} is missing`);
    else if (node.isError)
      problems.push(`${place}: ${JSON.stringify(node.text.slice(0, 40))} is not PowerShell`);
    else if (node.hasError) node.children.forEach(visit);
  };
  visit(tree.rootNode);
  return problems;
}

/** Every script, by the place that it comes from. */
function scripts(): [title: string, script: string][] {
  return [
    ...[...new Glob("{scripts,test}/**/*.ps1").scanSync(ROOT)].map((path): [string, string] => [
      path,
      read(path),
    ]),
    ...["action.yml", ...new Glob(".github/workflows/*.yml").scanSync({ cwd: ROOT, dot: true })].flatMap(
      stepsIn,
    ),
    ...[...new Glob("docs/**/*.md").scanSync(ROOT)].flatMap(linesIn),
    ...PRINTED.map((args): [string, string] => [`bentocloud ${args.join(" ")}`, print(args)]),
  ];
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

interface Steps {
  steps?: { name?: string; run?: string; shell?: string }[];
}

function stepsIn(path: string): [string, string][] {
  const { runs, jobs } = parse(read(path)) as { runs?: Steps; jobs?: Record<string, Steps> };
  const steps = [runs ?? {}, ...Object.values(jobs ?? {})].flatMap((one) => one.steps ?? []);
  return steps.flatMap(({ name = "", run, shell }) =>
    run && shell === "pwsh" ? [[`${path}: ${name}`, run] as [string, string]] : [],
  );
}

/** Lines that a page tells people to run in PowerShell: they end in one of these two commands. */
function linesIn(path: string): [string, string][] {
  const lines = read(path).matchAll(/`([^`\n]+\\?\| (?:iex|Invoke-Expression))`/g);
  return [...lines].map(([, line]) => [path, line!.replaceAll("\\|", "|")]);
}

const ENV = ["env", "--shell", "powershell"];
const PRINTED = [
  ["completion", "powershell"],
  ENV,
  [...ENV, "--unset"],
  [...ENV, "--alias", "bentoml"],
  [...ENV, "--alias", "bentoml", "--context", "it's"],
];

/** From source, with a context whose name and token need quotes. */
function print(args: string[]): string {
  const home = mkdtempSync(join(tmpdir(), "bentocloud-powershell-"));
  try {
    const context = { name: "it's", endpoint: "https://cloud.test", api_token: "it's-$x`n", email: null };
    const file = JSON.stringify({ contexts: [context], current_context_name: "it's" });
    writeFileSync(join(home, ".yatai.yaml"), file, { mode: 0o600 });
    return run([process.execPath, "src/main.ts", ...args], { cwd: ROOT, env: { BENTOML_HOME: home } });
  } finally {
    rmSync(home, { recursive: true });
  }
}

if (import.meta.main) {
  const problems = scripts().flatMap(([title, script]) =>
    powershellProblems(script).map((problem) => `${title}: ${problem}`),
  );
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
}
