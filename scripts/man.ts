/** Renders a manual page for each command from the command definitions. */
import type { ArgDef } from "citty";
import { GLOBAL_ARGS } from "../src/cli/args.ts";
import type { Command } from "../src/cli/command.ts";
import { root } from "../src/commands/index.ts";
import { VERSION } from "../src/version.ts";

/** Texts by file name. `date` is printed in each page, as `2026-01-31`. */
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
  const parts = [
    bold(path.join(" ")),
    ...(command.subCommands ? [italic("command")] : []),
    ...positionals.map(([name, arg]) => (arg.required === false ? `[${italic(name)}]` : italic(name))),
    `[${italic("options")}]`,
    ...(command.rest === undefined ? [] : [`${bold("--")} ${italic(command.rest)}\\ .\\|.\\|.`]),
  ];
  return [parts.join(" ")];
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
  return [".TP", term(name, arg), sentence(arg.description ?? "")];
}

function term(name: string, arg: ArgDef): string {
  if (arg.type === "positional") return italic(name);
  const alias = "alias" in arg && typeof arg.alias === "string" ? `${bold(`-${arg.alias}`)}, ` : "";
  const hint = italic(arg.valueHint ?? "value");
  const value = arg.type !== "boolean" ? ` ${hint}` : arg.valueHint === undefined ? "" : `[=${hint}]`;
  return `${alias}${bold(`--${name}`)}${value}`;
}

interface Child {
  path: string[];
  command: Command;
}

function toEntry({ path, command }: Child): string[] {
  return [".TP", reference(path), sentence(command.meta.description)];
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

/** A sentence; what is between backquotes becomes bold. */
function sentence(description: string): string {
  const parts = description.split("`").map((part, index) => (index % 2 === 1 ? bold(part) : roff(part)));
  return guard(`${parts.join("")}.`);
}

/** Without fonts, because programs such as `whatis` parse the NAME section. */
function plain(description: string): string {
  return description.replaceAll("`", "");
}

function bold(text: string): string {
  return `\\fB${roff(text)}\\fR`;
}

function italic(text: string): string {
  return `\\fI${roff(text)}\\fR`;
}

/** Escapes text, so that hyphens can be copied, and quotes and backslashes stay as they are. */
function roff(text: string): string {
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
  return text.replaceAll(/[\\\-'"^~`…]/g, (character) => special[character] ?? character);
}

/** Roff reads a line that begins with a dot as a request. */
function guard(line: string): string {
  return line.startsWith(".") ? `\\&${line}` : line;
}
