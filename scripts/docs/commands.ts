/** The reference of the commands, from their definitions. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ArgsDef } from "citty";
import { GLOBAL_ARGS } from "../../src/cli/args.ts";
import type { Command } from "../../src/cli/command.ts";
import { describeOption, showUsage } from "../../src/cli/help.ts";
import { root } from "../../src/commands/index.ts";

const SCHEMAS = join(import.meta.dir, "../../docs/reference/schemas");

const INTRODUCTION = `# Commands

Made by \`npm run docs\` from the definitions in \`src/commands/\`; \`bentocloud COMMAND --help\` says the same. The tests run every
example.`;

export interface Leaf {
  /** Without the program's name. */
  path: string[];
  command: Command;
  /** That of the command of the root. */
  section: string | undefined;
}

/** Every command that does something itself. */
export async function listLeaves(
  command: Command = root,
  path: string[] = [],
  section: string | undefined = command.section,
): Promise<Leaf[]> {
  if (!command.subCommands) return [{ path, command, section }];
  const below = Object.entries(command.subCommands).map(async ([name, load]) => {
    const child = await load();
    return listLeaves(child, [...path, name], section ?? child.section);
  });
  return (await Promise.all(below)).flat();
}

export async function renderCommands(): Promise<string> {
  const sections = Map.groupBy(await listLeaves(), ({ section }) => section);
  const globals = `## Global options\n\nAccepted by every command, before or after its name and before \`--\`.\n\n${renderArgs(GLOBAL_ARGS)}`;
  const commands = [...sections].flatMap(([heading, leaves]) => [
    `## ${heading}`,
    ...leaves.map(renderCommand),
  ]);
  return `${[INTRODUCTION, globals, ...commands].join("\n\n")}\n`;
}

function renderCommand(leaf: Leaf): string {
  const { path, command } = leaf;
  const schema = `${path.join("-")}.schema.json`;
  const parts = [
    `### \`${showUsage(command, ["bentocloud", ...path])}\``,
    `${command.meta.description}.`,
    ...(Object.keys(command.args).length > 0 ? [renderArgs(command.args)] : []),
    renderExamples(leaf),
    ...(existsSync(join(SCHEMAS, schema)) ? [`With \`--json\`: [schema](schemas/${schema}).`] : []),
  ];
  return parts.join("\n\n");
}

function renderExamples({ path, command }: Leaf): string {
  const { examples = [] } = command;
  if (examples.length === 0) throw new Error(`${path.join(" ")} has no example`);
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, effect]) => `${line.padEnd(width)}  # ${effect}`);
  return ["```sh", ...lines, "```"].join("\n");
}

function renderArgs(args: ArgsDef): string {
  const rows = Object.entries(args).map((entry) => {
    const [name, arg] = entry;
    const [term, meaning] = arg.type === "positional" ? [name, arg.description ?? ""] : describeOption(entry);
    const terms = term.split(", ").map((one) => `\`${one}\``);
    return `| ${terms.join(", ")} | ${meaning.replaceAll("|", "\\|")} |`;
  });
  return ["| | |", "|---|---|", ...rows].join("\n");
}
