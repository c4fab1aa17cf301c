import { command } from "../../cli/command.ts";
import { findContext } from "../../contexts/context.ts";
import { showEndpoint } from "../../contexts/endpoint.ts";
import { protectedNames } from "../../auth/confirm-protected.ts";
import type { Cli } from "../../app.ts";
import type { Cell } from "../../system/output.ts";

export const list = command({
  name: "list",
  description: "List the stored contexts",
  async run(_args, cli) {
    const file = await cli.store.read();
    const active = await cli.resolve();
    const current = findContext(file.contexts, file.current.name);
    const project = findContext(file.contexts, active.project?.context ?? "");
    const used = active.source.kind === "env_key" ? undefined : findContext(file.contexts, active.name);
    const guarded = protectedNames(cli);
    const rows = file.contexts.map((context) => ({
      name: context.name,
      endpoint: showEndpoint(context.endpoint),
      email: context.email,
      current: context === current,
      project: context === project,
      active: context === used,
      protected: guarded.includes(context.name),
    }));
    for (const { line, message } of file.problems)
      cli.output.warn(`${cli.store.paths.file}:${line}: ${message}`);
    if (cli.output.json) {
      cli.output.data({ contexts: rows });
      return;
    }
    if (rows.length === 0) cli.output.info(await describeNothing(cli));
    else await cli.output.table([header(), ...rows.map(toCells)]);
    if (active.source.kind === "env_key")
      cli.output.info("Active here is none of these: BENTO_CLOUD_API_KEY is set");
  },
});

async function describeNothing({ store }: Cli): Promise<string> {
  return (await store.losses()).length === 0
    ? "No contexts yet; `bentocloud login` makes one"
    : "No contexts; `bentocloud restore` lists what another program removed";
}

interface Row {
  name: string;
  endpoint: string;
  email: string | null;
  current: boolean;
  project: boolean;
  active: boolean;
  protected: boolean;
}

function header(): Cell[] {
  return ["", "NAME", "ENDPOINT", "EMAIL", "STATE"].map((text) => ({ text, tone: "dim" }));
}

const STATES = ["current", "project", "active", "protected"] as const;

function toCells({ name, endpoint, email, ...row }: Row): Cell[] {
  const { active } = row;
  const states = STATES.filter((state) => row[state]);
  const cells: Cell[] = [
    { text: active ? "*" : " " },
    { text: name },
    { text: endpoint },
    { text: email ?? "-" },
  ];
  return [
    ...cells.map((cell): Cell => (active ? { ...cell, tone: "good" } : cell)),
    { text: states.join(", ") },
  ];
}
