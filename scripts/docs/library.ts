/** The reference of the library, from the docstrings of src/index.ts: `deno doc` reads them, this lays them out as Markdown. */
import { join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

const INTRODUCTION = `# Library

Made by \`npm run docs\` from the sources, with \`deno doc\`. [TypeScript programs](../guides/typescript.md) shows how to use it, and
[Exit codes and JSON](exit-codes.md) lists the error codes.`;

export function renderLibrary(): string {
  const { stdout, exitCode } = Bun.spawnSync(
    [join(ROOT, "node_modules/.bin/deno"), "doc", "--quiet", "src/index.ts"],
    { cwd: ROOT, env: { ...process.env, NO_COLOR: "1" }, stderr: "inherit" },
  );
  if (exitCode !== 0) throw new Error("deno doc failed");
  const symbols = stdout
    .toString()
    .split(/^Defined in .*\n\n/m)
    .slice(1);
  return `${[INTRODUCTION, ...symbols.map(renderSymbol)].join("\n\n")}\n`;
}

/** What every class has, and nobody calls by name. */
const HIDDEN = /^(?:constructor|override|toString|toJSON|\[Symbol)/;

/**
 * A declaration, its docstring indented by two spaces, and the members after an empty line: each indented by two spaces, with
 * its own docstring indented by four.
 */
function renderSymbol(text: string): string {
  const [declaration = "", ...lines] = text.trimEnd().split("\n");
  const name = /(?:function|class|interface|type) (\w+)/.exec(declaration)?.[1];
  if (name === undefined) throw new Error(`deno doc declares ${declaration}`);
  const hasMembers = /^(?:class|interface) /.test(declaration);
  const end = hasMembers ? lines.indexOf("") : lines.length;
  const code = ["```ts", declaration, "```"].join("\n");
  const parts = [`## \`${name}\``, code, toProse(lines.slice(0, end)), renderMembers(lines.slice(end + 1))];
  return parts.filter((part) => part !== "").join("\n\n");
}

function renderMembers(lines: readonly string[]): string {
  const members: { declaration: string; doc: string[] }[] = [];
  for (const line of lines) {
    if (line.startsWith("    ")) members.at(-1)?.doc.push(line);
    else if (line.trim() !== "") members.push({ declaration: line.trim(), doc: [] });
  }
  if (members.length === 0) return "";
  const escape = (text: string) => text.replaceAll("|", "\\|");
  const shown = members.filter(({ declaration }) => !HIDDEN.test(declaration));
  const rows = shown.map(
    ({ declaration, doc }) => `| \`${escape(declaration)}\` | ${escape(toProse(doc))} |`,
  );
  return ["| | |", "|---|---|", ...rows].join("\n");
}

function toProse(lines: readonly string[]): string {
  const text = lines.map((line) => line.trim()).join("\n");
  const prose = text.replace(/\n*@throws\n+/, "\n\nThrows: ").replaceAll(/\{@link ([\w.]+)\}/g, "`$1`");
  return prose.trim().replaceAll(/(?<!\n)\n(?!\n)/g, " ");
}
