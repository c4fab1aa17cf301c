/** The reference of the commands, from their definitions. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ArgDef, ArgsDef } from "citty";
import { GLOBAL_ARGS } from "../../src/cli/args.ts";
import type { Command } from "../../src/cli/command.ts";
import { root } from "../../src/commands/index.ts";
import { EXAMPLES } from "./examples.ts";

const SCHEMAS = join(import.meta.dir, "../../docs/reference/schemas");

const INTRODUCTION = `# Commands

Made by \`npm run docs\` from the definitions in \`src/commands/\`; \`bentocloud COMMAND --help\` says the same. The tests run every
example.`;

export interface Leaf {
  /** Without the program's name. */
  path: string[];
  command: Command;
}

/** Every command that does something itself. */
export async function listLeaves(command: Command = root, path: string[] = []): Promise<Leaf[]> {
  if (!command.subCommands) return [{ path, command }];
  const entries = Object.entries(command.subCommands);
  return (
    await Promise.all(entries.map(async ([name, load]) => listLeaves(await load(), [...path, name])))
  ).flat();
}

export function examplesOf({ path, command }: Leaf): readonly (readonly [string, string])[] {
  return command.examples ?? EXAMPLES[path.join(" ")] ?? [];
}

export async function renderCommands(): Promise<string> {
  const leaves = await listLeaves();
  const globals = `## Global options\n\nAccepted by every command, before or after its name and before \`--\`.\n\n${renderArgs(GLOBAL_ARGS)}`;
  return `${[INTRODUCTION, globals, ...leaves.map(renderCommand)].join("\n\n")}\n`;
}

function renderCommand(leaf: Leaf): string {
  const { path, command } = leaf;
  const { args } = command;
  const positionals = Object.entries(args).filter(([, arg]) => arg.type === "positional");
  const usage = [
    "bentocloud",
    ...path,
    ...positionals.map(([name, arg]) => (arg.required === false ? `[${name}]` : `<${name}>`)),
    ...(command.rest === undefined ? [] : [`-- <${command.rest}>…`]),
  ];
  const schema = `${path.join("-")}.schema.json`;
  const parts = [
    `## \`${usage.join(" ")}\``,
    `${command.meta.description}.`,
    ...(Object.keys(args).length > 0 ? [renderArgs(args)] : []),
    renderExamples(leaf),
    ...(existsSync(join(SCHEMAS, schema)) ? [`With \`--json\`: [schema](schemas/${schema}).`] : []),
  ];
  return parts.join("\n\n");
}

function renderExamples(leaf: Leaf): string {
  const examples = examplesOf(leaf);
  if (examples.length === 0) throw new Error(`${leaf.path.join(" ")} has no example`);
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, effect]) => `${line.padEnd(width)}  # ${effect}`);
  return ["```sh", ...lines, "```"].join("\n");
}

function renderArgs(args: ArgsDef): string {
  const rows = Object.entries(args).map(
    ([name, arg]) => `| ${term(name, arg)} | ${(arg.description ?? "").replaceAll("|", "\\|")} |`,
  );
  return ["| | |", "|---|---|", ...rows].join("\n");
}

function term(name: string, arg: ArgDef): string {
  if (arg.type === "positional") return `\`${name}\``;
  const alias = "alias" in arg && typeof arg.alias === "string" ? `\`-${arg.alias}\`, ` : "";
  return `${alias}\`--${name}${arg.type === "boolean" ? "" : ` <${arg.valueHint}>`}\``;
}
