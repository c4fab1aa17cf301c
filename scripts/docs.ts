/** Writes docs/commands.md from the command definitions. */
import type { ArgDef, ArgsDef } from "citty";
import { GLOBAL_ARGS } from "../src/cli/args.ts";
import type { Command } from "../src/cli/command.ts";
import { root } from "../src/commands/index.ts";

const INTRODUCTION = `# Commands

Written by \`npm run docs\` from the definitions in \`src/commands/\`; \`bentocloud COMMAND --help\` says the same.`;

export async function renderCommands(): Promise<string> {
  const commands = await leaves(root, ["bentocloud"]);
  const sections = commands.map(({ path, command }) => renderCommand(path, command));
  const globals = `## Global options\n\nAccepted by every command, before or after its name and before \`--\`.\n\n${renderArgs(GLOBAL_ARGS)}`;
  return `${[INTRODUCTION, globals, ...sections].join("\n\n")}\n`;
}

interface Leaf {
  path: string[];
  command: Command;
}

async function leaves(command: Command, path: string[]): Promise<Leaf[]> {
  if (!command.subCommands) return [{ path, command }];
  const entries = Object.entries(command.subCommands);
  return (
    await Promise.all(entries.map(async ([name, load]) => leaves(await load(), [...path, name])))
  ).flat();
}

function renderCommand(path: string[], command: Command): string {
  const args = command.args;
  const positionals = Object.entries(args).filter(([, arg]) => arg.type === "positional");
  const usage = [
    path.join(" "),
    ...positionals.map(([name, arg]) => (arg.required === false ? `[${name}]` : `<${name}>`)),
    ...(command.rest === undefined ? [] : [`-- <${command.rest}>…`]),
  ];
  const table = Object.keys(args).length > 0 ? `\n\n${renderArgs(args)}` : "";
  return `## \`${usage.join(" ")}\`\n\n${command.meta.description}.${table}`;
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

if (import.meta.main) await Bun.write(`${import.meta.dir}/../docs/commands.md`, await renderCommands());
