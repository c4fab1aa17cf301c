/** Manual pages from the command definitions, the one place where a command is described: one page a command. */
import type { ArgDef } from "citty";
import { GLOBAL_ARGS } from "../src/cli/args.ts";
import type { Command } from "../src/cli/command.ts";
import { root } from "../src/commands/index.ts";
import { VERSION } from "../src/version.ts";

/** File name to text. `date` is when the sources were last changed, as `2026-01-31`. */
export async function renderManual(date: string): Promise<Map<string, string>> {
  return new Map(await pagesOf(root, ["bentocloud"], date));
}

type Page = [file: string, text: string];

async function pagesOf(command: Command, path: string[], date: string): Promise<Page[]> {
  const children = await Promise.all(
    Object.entries(command.subCommands ?? {}).map(async ([name, load]) => ({
      path: [...path, name],
      command: await load(),
    })),
  );
  const below = await Promise.all(children.map((child) => pagesOf(child.command, child.path, date)));
  const sections = [
    section("NAME", [`${roff(path.join("-"))} \\- ${roff(plain(command.meta.description))}`]),
    section("SYNOPSIS", synopsis(command, path)),
    section("COMMANDS", children.flatMap(toEntry)),
    ...argumentSections(command),
    section("GLOBAL OPTIONS", Object.entries(GLOBAL_ARGS).flatMap(describe)),
    section("EXAMPLES", (command.examples ?? []).flatMap(toExample)),
    section("SEE ALSO", seeAlso(path, children)),
  ];
  const head = `.TH ${roff(path.join("-")).toUpperCase()} 1 ${date} "bentocloud ${VERSION}" "User Commands"`;
  return [[`${path.join("-")}.1`, `${[head, ...sections.flat()].join("\n")}\n`], ...below.flat()];
}

function section(name: string, lines: string[]): string[] {
  return lines.length === 0 ? [] : [`.SH ${name}`, ...lines];
}

function synopsis(command: Command, path: string[]): string[] {
  const positionals = Object.entries(command.args).filter(isPositional);
  const words = [
    bold(path.join(" ")),
    ...(command.subCommands ? [italic("command")] : []),
    ...positionals.map(([name, arg]) => (arg.required === false ? `[${italic(name)}]` : italic(name))),
    `[${italic("options")}]`,
    ...(command.rest === undefined ? [] : [`${bold("--")} ${italic(command.rest)}\\ .\\|.\\|.`]),
  ];
  return [words.join(" ")];
}

function argumentSections(command: Command): string[] {
  const args = Object.entries(command.args);
  return [
    ...section("ARGUMENTS", args.filter(isPositional).flatMap(describe)),
    ...section("OPTIONS", args.filter((entry) => !isPositional(entry)).flatMap(describe)),
  ];
}

function isPositional([, arg]: [string, ArgDef]): boolean {
  return arg.type === "positional";
}

function describe([name, arg]: [string, ArgDef]): string[] {
  return [".TP", term(name, arg), text(arg.description ?? "")];
}

function term(name: string, arg: ArgDef): string {
  if (arg.type === "positional") return italic(name);
  const alias = "alias" in arg && typeof arg.alias === "string" ? `${bold(`-${arg.alias}`)}, ` : "";
  const value = arg.type === "boolean" ? "" : ` ${italic(arg.valueHint ?? "value")}`;
  return `${alias}${bold(`--${name}`)}${value}`;
}

interface Child {
  path: string[];
  command: Command;
}

function toEntry({ path, command }: Child): string[] {
  return [".TP", reference(path), text(command.meta.description)];
}

function toExample([line, effect]: readonly [string, string]): string[] {
  return [".TP", bold(line), guard(roff(effect))];
}

function seeAlso(path: string[], children: Child[]): string[] {
  const parent = path.length > 1 ? [path.slice(0, -1)] : [];
  const pages = [...parent, ...children.map((child) => child.path)];
  return pages.length === 0 ? [] : [pages.map(reference).join(",\n")];
}

function reference(path: string[]): string {
  return `${bold(path.join("-"))}(1)`;
}

/** A line of text; the commands in it are bold, as they stand between backquotes in the definitions. */
function text(description: string): string {
  const parts = description.split("`").map((part, index) => (index % 2 === 1 ? bold(part) : roff(part)));
  return guard(`${parts.join("")}.`);
}

/** The name line is read by machines, which know no fonts. */
function plain(description: string): string {
  return description.replaceAll("`", "");
}

function bold(words: string): string {
  return `\\fB${roff(words)}\\fR`;
}

function italic(words: string): string {
  return `\\fI${roff(words)}\\fR`;
}

/** Literal: a hyphen one can copy, and quotes and backslashes as they are. */
function roff(words: string): string {
  const special: Record<string, string> = {
    "\\": "\\e",
    "-": "\\-",
    "'": "\\(aq",
    '"': "\\(dq",
    "^": "\\(ha",
    "~": "\\(ti",
    "`": "\\(ga",
    "…": "\\.\\|.\\|.",
  };
  return words.replaceAll(/[\\\-'"^~`…]/g, (character) => special[character] ?? character);
}

/** A dot at the beginning of a line would be a request. */
function guard(line: string): string {
  return line.startsWith(".") ? `\\&${line}` : line;
}
