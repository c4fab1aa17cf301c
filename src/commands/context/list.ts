import { command } from "../../cli/command.ts";
import { haveEndpoints, listContexts, type ListedContext, showStates } from "../../auth/list-contexts.ts";
import type { Cli } from "../../app.ts";
import type { Cells } from "../../system/table.ts";

export const list = command({
  name: "list",
  description: "List the stored contexts",
  examples: [
    ["bentocloud context list", "all of them"],
    ["bentocloud context list --json | jq -r '.contexts[].name'", "their names"],
  ],
  async run(_args, cli) {
    const { output, store } = cli;
    const active = await cli.resolve();
    const contexts = await listContexts(cli, active);
    const { problems } = await store.read();
    for (const { line, message } of problems) output.warn(`${store.paths.file}:${line}: ${message}`);
    if (output.json) return output.data({ contexts });
    if (contexts.length === 0) output.info(await describeEmptyList(cli));
    else await print(cli, contexts);
    if (active.source.kind === "env_key")
      output.info(`None of these is active here: ${active.source.name} is set`);
  },
});

async function describeEmptyList({ store }: Cli): Promise<string> {
  return (await store.losses()).length === 0
    ? "No contexts yet; `bentocloud login` makes one"
    : "No contexts; `bentocloud restore` lists what another program removed";
}

async function print({ output }: Cli, contexts: readonly ListedContext[]): Promise<void> {
  const hasEndpoint = haveEndpoints(contexts);
  const rows = contexts.map((context): Cells => {
    const { name, organization, endpoint, email, active } = context;
    return [
      active ? "*" : " ",
      active ? { text: name, tone: "bold" } : name,
      organization ?? "-",
      hasEndpoint ? endpoint : null,
      email ?? "-",
      showStates(context),
    ];
  });
  const header = ["", "NAME", "ORGANIZATION", hasEndpoint ? "ENDPOINT" : null, "EMAIL", "STATE"];
  await output.table(header, rows, { spare: "EMAIL" });
}
