import type { ArgDef } from "citty";
import { GLOBAL_ARGS } from "./args.ts";
import type { Command, Row, Topic, Topics } from "./command.ts";
import type { Invocation } from "./invocation.ts";
import { alignRows, showExamples, wrap } from "./layout.ts";

interface Style {
  title: (text: string) => string;
  width: number;
}

export async function renderInvocation({ command, path, topic }: Invocation, style: Style): Promise<string> {
  const load = topic === undefined ? undefined : command.topics?.[topic];
  return load ? renderTopic(await load(), style) : renderHelp(command, path, style);
}

/**
 * A command's help, from its definition. citty's own help aligns to the right, pads every line with blanks, and decides
 * about colour by itself. `path` is the command's full name.
 */
async function renderHelp(command: Command, path: readonly string[], style: Style): Promise<string> {
  const { topics } = command;
  const args = Object.entries(command.args);
  const positionals = args.filter(([, arg]) => arg.type === "positional");
  const options = args.filter(([, arg]) => arg.type !== "positional");
  const { examples = [] } = command;
  const isProgram = path.length === 1;
  return [
    wrap(command.meta.description, style.width),
    wrap(`${style.title("Usage:")} ${showUsage(command, path)}`, style.width, "    "),
    ...(await listCommands(command, isProgram)).map(([heading, rows]) => section(heading, rows, style)),
    section(
      "Arguments",
      positionals.map(([name, arg]) => [`<${name}>`, arg.description ?? ""] as const),
      style,
    ),
    section("Options", options.map(describeOption), style),
    ...(isProgram ? [section("Global options", Object.entries(GLOBAL_ARGS).map(describeOption), style)] : []),
    examples.length === 0 ? "" : `${style.title("Examples:")}\n${showExamples(examples, style.width)}`,
    topics ? await listTopics(topics, style) : "",
    wrap(readOn(command, path), style.width),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function renderTopic({ description, parts }: Topic, style: Style): string {
  const texts = parts.map((part) =>
    typeof part === "string" ? wrap(part, style.width) : section(part.heading, part.rows, style),
  );
  return [wrap(description, style.width), ...texts].join("\n\n");
}

/** The commands of a group. Those of the program stand under the section that each one names. */
async function listCommands(
  { subCommands = {} }: Command,
  isProgram: boolean,
): Promise<[heading: string, rows: Row[]][]> {
  const loaded = Object.entries(subCommands).map(async ([name, load]) => ({ name, command: await load() }));
  const groups = Map.groupBy(await Promise.all(loaded), ({ command }) =>
    isProgram ? (command.section ?? "Commands") : "Commands",
  );
  return [...groups].map(([heading, commands]) => [
    heading,
    commands.map(({ name, command }) => [name, command.meta.description] as const),
  ]);
}

export function showUsage(command: Command, path: readonly string[]): string {
  const positionals = Object.entries(command.args).filter(([, arg]) => arg.type === "positional");
  const usage = [
    path.join(" "),
    command.subCommands ? "<command>" : "",
    ...positionals.map(
      ([name, arg]) =>
        (arg.required === false ? `[${name}]` : `<${name}>`) + (command.manyArguments ? "…" : ""),
    ),
    "[options]",
    showRest(command),
  ];
  return usage.filter(Boolean).join(" ");
}

function section(heading: string, rows: readonly Row[], { title, width }: Style): string {
  return rows.length === 0 ? "" : `${title(`${heading}:`)}\n${alignRows(rows, width)}`;
}

async function listTopics(topics: Topics, style: Style): Promise<string> {
  const loaded = Object.entries(topics).map(
    async ([name, load]) => [`help ${name}`, (await load()).description] as const,
  );
  return section("Read more", await Promise.all(loaded), style);
}

function readOn({ subCommands }: Command, path: readonly string[]): string {
  const more = `\`${path.join(" ")} <command> --help\` tells more about a command`;
  if (path.length === 1) return `${more}; the manual is at ${MANUAL}.`;
  const globals = `\`${path[0]} --help\` lists the global options, such as --context and --json.`;
  return subCommands ? `${more}. ${globals}` : globals;
}

const MANUAL = "https://github.com/bentoml/bentocloud";

export function describeOption([name, arg]: [string, ArgDef]): Row {
  const alias = "alias" in arg && typeof arg.alias === "string" ? `-${arg.alias}, ` : "";
  const hint = `<${arg.valueHint ?? "value"}>`;
  const value = arg.type !== "boolean" ? ` ${hint}` : arg.valueHint === undefined ? "" : `[=${hint}]`;
  return [`${alias}--${name}${value}`, arg.description ?? ""];
}

function showRest({ rest, isRestOptional }: Command): string {
  if (rest === undefined) return "";
  return isRestOptional ? `[-- <${rest}>…]` : `-- <${rest}>…`;
}
