import type { ArgDef } from "citty";
import { GLOBAL_ARGS } from "./args.ts";
import type { Command, Commands } from "./command.ts";

type Row = readonly [term: string, meaning: string];

/**
 * A command's help, from its definition. citty's own help aligns to the right, pads every line with blanks, and decides
 * about colour by itself. `path` is the command's full name; `title` decorates headings.
 */
export async function renderHelp(
  command: Command,
  path: readonly string[],
  title: (text: string) => string,
): Promise<string> {
  const args = Object.entries(command.args);
  const positionals = args.filter(([, arg]) => arg.type === "positional");
  const options = args.filter(([, arg]) => arg.type !== "positional");
  const commands = await Promise.all(Object.entries(command.subCommands ?? {}).map(describeCommand));
  const usage = [
    path.join(" "),
    commands.length > 0 ? "<command>" : "",
    ...positionals.map(toUsage),
    "[options]",
    command.rest === undefined ? "" : `-- <${command.rest}>…`,
  ];
  const sections: [heading: string, rows: readonly Row[]][] = [
    ["Commands", commands],
    ["Arguments", positionals.map(([name, arg]) => [`<${name}>`, arg.description ?? ""] as const)],
    ["Options", options.map(describeOption)],
    ["Global options", Object.entries(GLOBAL_ARGS).map(describeOption)],
    ["Examples", (command.examples ?? []).map(([line, effect]) => [line, `# ${effect}`] as const)],
  ];
  return [
    command.meta.description,
    `${title("Usage:")} ${usage.filter(Boolean).join(" ")}`,
    ...sections
      .filter(([, rows]) => rows.length > 0)
      .map(([heading, rows]) => renderSection(title(`${heading}:`), rows)),
    ...(commands.length > 0 ? [`\`${path.join(" ")} <command> --help\` tells more about a command.`] : []),
  ].join("\n\n");
}

function renderSection(heading: string, rows: readonly Row[]): string {
  const width = Math.max(...rows.map(([term]) => term.length));
  return [heading, ...rows.map(([term, meaning]) => `  ${term.padEnd(width)}  ${meaning}`.trimEnd())].join(
    "\n",
  );
}

async function describeCommand([name, load]: [string, Commands[string]]): Promise<Row> {
  return [name, (await load()).meta.description];
}

function describeOption([name, arg]: [string, ArgDef]): Row {
  const alias = "alias" in arg && typeof arg.alias === "string" ? `-${arg.alias}, ` : "";
  const hint = `<${arg.valueHint ?? "value"}>`;
  const value = arg.type !== "boolean" ? ` ${hint}` : arg.valueHint === undefined ? "" : `[=${hint}]`;
  return [`${alias}--${name}${value}`, arg.description ?? ""];
}

function toUsage([name, arg]: [string, ArgDef]): string {
  return arg.required === false ? `[${name}]` : `<${name}>`;
}
