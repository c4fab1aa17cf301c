import { command } from "../cli/command.ts";
import { describeSource } from "../resolve/active.ts";
import { explainActive, type Explanation } from "../auth/explain.ts";
import type { Pin } from "../resolve/pins.ts";
import type { Output } from "../system/output.ts";
import type { Cell, Field } from "../system/table.ts";
import { cap } from "../system/text.ts";

/** The longest name that can be created. A longer one from a file would make every row of the table as wide. */
const MAX_SHOWN = 128;

export const explain = command({
  name: "explain",
  description: "Show how the active context was found, and what Python bentoml would use here",
  section: "Contexts",
  examples: [["bentocloud explain --json | jq .python", "what bentoml would use, and why it differs"]],
  async run(_args, cli) {
    const { explanation, hint, exitCode } = await explainActive(cli);
    if (cli.output.json) {
      cli.output.data(explanation);
      return exitCode;
    }
    await printActive(cli.output, explanation);
    cli.output.line("");
    await cli.output.table(["", "FROM", "VALUE", "WHERE", "WHY"], explanation.candidates.map(toRow));
    cli.output.line("");
    await printPython(cli.output, explanation.python);
    if (hint) cli.output.hint(hint);
    return exitCode;
  },
});

async function printActive(output: Output, { active, pins }: Explanation): Promise<void> {
  await output.fields([
    ["context", cap(active.name ?? "-", MAX_SHOWN)],
    ["source", active.source && describeSource(active.source)],
    ["endpoint", active.endpoint],
    ["token", active.token_masked],
    ["user", active.email],
    ["organization", active.organization],
    ...pins.map(toField),
    ["reason", active.reason, "bad"],
  ]);
}

function toField({ what, path, line, value, matches }: Pin): Field {
  const text = `${what} ${cap(value, MAX_SHOWN)} (${path}:${line})`;
  if (matches === null) return ["pin", `${text}: not known whether it matches`, "dim"];
  return matches ? ["pin", `${text}: matches`, "good"] : ["pin", `${text}: does not match`, "bad"];
}

function toRow(candidate: Explanation["candidates"][number]): Cell[] {
  const { kind, name, path, line, value, chosen, reason } = candidate;
  const where = path === null ? "-" : line === null ? path : `${path}:${line}`;
  const from = kind === "project" ? ".bentorc" : name;
  const cells = [chosen ? "*" : " ", from, cap(value ?? "-", MAX_SHOWN), where, reason];
  return chosen ? cells.map((text) => ({ text, tone: "bold" })) : cells;
}

async function printPython(output: Output, python: Explanation["python"]): Promise<void> {
  const { name, endpoint, differs, reason } = python;
  const same = name === null ? "not signed in either" : `${cap(name, MAX_SHOWN)}, ${endpoint} (the same)`;
  const other = name === null ? "not signed in" : `${cap(name, MAX_SHOWN)}, ${endpoint}`;
  await output.fields([
    ["bentoml", differs ? other : same, differs ? "warning" : "good"],
    ["because", reason],
  ]);
}
