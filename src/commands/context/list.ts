import { command } from "../../cli/command.ts";
import { findContext } from "../../contexts/context.ts";
import { protectedNames } from "../../auth/confirm-protected.ts";
import type { Cli } from "../../app.ts";
import type { Cell } from "../../system/table.ts";

export const list = command({
  name: "list",
  description: "List the stored contexts",
  examples: [
    ["bentocloud context list", "all of them"],
    ["bentocloud context list --json | jq -r '.contexts[].name'", "their names"],
  ],
  async run(_args, cli) {
    const file = await cli.store.read();
    const active = await cli.resolve();
    const current = findContext(file.contexts, file.current.name);
    const project = findContext(file.contexts, active.project?.context ?? "");
    const used = active.source.kind === "env_key" ? undefined : findContext(file.contexts, active.name);
    const guarded = protectedNames(cli);
    const rows = file.contexts.map((context) => ({
      name: context.name,
      endpoint: context.endpoint.masked,
      email: context.email,
      current: context === current,
      project: context === project,
      active: context === used,
      protected: guarded.includes(context.name),
    }));
    for (const { line, message } of file.problems)
      cli.output.warn(`${cli.store.paths.file}:${line}: ${message}`);
    if (cli.output.json) return cli.output.data({ contexts: rows });
    if (rows.length === 0) cli.output.info(await describeEmptyList(cli));
    else await cli.output.table(["", "NAME", "ENDPOINT", "EMAIL", "STATE"], rows.map(toRow));
    if (active.source.kind === "env_key")
      cli.output.info(`None of these is active here: ${active.source.name} is set`);
  },
});

async function describeEmptyList({ store }: Cli): Promise<string> {
  return (await store.losses()).length === 0
    ? "No contexts yet; `bentocloud login` makes one"
    : "No contexts; `bentocloud restore` lists what another program removed";
}

const STATES = ["current", "project", "active", "protected"] as const;

interface Listed extends Record<(typeof STATES)[number], boolean> {
  name: string;
  endpoint: string;
  email: string | null;
}

function toRow({ name, endpoint, email, ...row }: Listed): Cell[] {
  const states = STATES.filter((state) => row[state]).join(", ");
  const cells = [row.active ? "*" : " ", name, endpoint, email ?? "-"];
  return [...(row.active ? cells.map((text): Cell => ({ text, tone: "good" })) : cells), states];
}
