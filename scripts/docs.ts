/** Writes docs/commands.md from the command definitions. */
import type { ArgsDef } from "citty";
import { GLOBAL_ARGS } from "../src/cli/args.ts";
import type { Command } from "../src/cli/command.ts";
import { describeOption, showUsage } from "../src/cli/help.ts";
import { root } from "../src/commands/index.ts";

const INTRODUCTION = `# Commands

Written by \`npm run docs\` from the definitions in \`src/commands/\`; \`bentocloud COMMAND --help\` says the same.`;

export async function renderCommands(): Promise<string> {
  const groups = Map.groupBy(await leaves(root, ["bentocloud"]), ({ section }) => section);
  const sections = [...groups].flatMap(([heading, commands]) => [
    `## ${heading}`,
    ...commands.map(({ path, command }) => renderCommand(path, command)),
  ]);
  const globals = `## Global options\n\nAccepted by every command, before or after its name and before \`--\`.\n\n${renderArgs(GLOBAL_ARGS)}`;
  return `${[INTRODUCTION, globals, ...sections].join("\n\n")}\n`;
}

interface Leaf {
  path: string[];
  command: Command;
  /** That of the command of the root. */
  section: string | undefined;
}

async function leaves(command: Command, path: string[], section = command.section): Promise<Leaf[]> {
  if (!command.subCommands) return [{ path, command, section }];
  const entries = Object.entries(command.subCommands);
  return (
    await Promise.all(entries.map(async ([name, load]) => leaves(await load(), [...path, name], section)))
  ).flat();
}

function renderCommand(path: string[], command: Command): string {
  const table = Object.keys(command.args).length > 0 ? `\n\n${renderArgs(command.args)}` : "";
  return `### \`${showUsage(command, path)}\`\n\n${command.meta.description}.${table}`;
}

function renderArgs(args: ArgsDef): string {
  const rows = Object.entries(args).map((entry) => {
    const [term, meaning] =
      entry[1].type === "positional" ? [entry[0], entry[1].description ?? ""] : describeOption(entry);
    return `| ${term
      .split(", ")
      .map((name) => `\`${name}\``)
      .join(", ")} | ${meaning.replaceAll("|", "\\|")} |`;
  });
  return ["| | |", "|---|---|", ...rows].join("\n");
}

if (import.meta.main) await Bun.write(`${import.meta.dir}/../docs/commands.md`, await renderCommands());
