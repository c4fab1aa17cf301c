import { stripVTControlCharacters } from "node:util";
import { renderUsage } from "citty";
import { GLOBAL_ARGS } from "./args.ts";
import type { Command } from "./command.ts";

/** A command's help text. `path` is its full name, for example `bentocloud context list`. */
export async function renderHelp(command: Command, path: readonly string[], color: boolean): Promise<string> {
  const parent = { meta: { name: path.slice(0, -1).join(" ") } };
  const own = path.length === 1 ? renderUsage(command) : renderUsage(command, parent);
  const sections = [await own, await renderGlobals(), renderExamples(command)];
  const text = `${sections.filter(Boolean).join("\n\n")}\n`.replace(/\n{3,}/g, "\n\n");
  // citty colours by its own reading of the environment, also when stdout is a pipe.
  return color ? text : stripVTControlCharacters(text);
}

async function renderGlobals(): Promise<string> {
  const usage = await renderUsage({ meta: { name: "" }, args: GLOBAL_ARGS });
  const lines = usage.trimEnd().split("\n");
  const start = lines.findIndex((line) => stripVTControlCharacters(line) === "OPTIONS");
  return ["GLOBAL OPTIONS", ...lines.slice(start + 1)].join("\n").trimEnd();
}

function renderExamples(command: Command): string {
  if (!command.examples?.length) return "";
  const width = Math.max(...command.examples.map(([line]) => line.length));
  const lines = command.examples.map(([line, effect]) => `  ${line.padEnd(width)}  # ${effect}`);
  return ["EXAMPLES", "", ...lines].join("\n");
}
