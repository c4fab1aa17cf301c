import { command } from "../cli/command.ts";
import { warnOfExpiry } from "../auth/expiry.ts";
import { reportNarrowed, reportWinner } from "../auth/report-login.ts";
import { previousContext, switchContext, requireStored } from "../store/manage-contexts.ts";
import type { Cli } from "../app.ts";
import type { Context } from "../contexts/context.ts";
import { recall } from "../store/state.ts";
import { CONTEXT } from "./_args.ts";

export const use = command({
  name: "use",
  description: "Make a context current; `-` is the previous one",
  section: "Contexts",
  args: {
    name: { ...CONTEXT, required: false, description: "Context, or `-` (default: pick from a list)" },
  },
  examples: [
    ["bentocloud use staging", "switch to staging"],
    ["bentocloud use -", "and back"],
  ],
  async run(args, cli) {
    const word = args.name ?? cli.flags.context;
    const name = word === "-" ? await previousContext(cli.store) : (word ?? (await pick(cli)));
    const context = await requireStored(cli.store, name);
    await warnOfExpiry(cli, context);
    const place = await describePlace(cli, context);
    const { result: previous, narrowed } = await switchContext(cli.store, name);
    if (cli.output.json) cli.output.data({ name, previous });
    cli.output.success(
      previous === name
        ? `"${name}" is the current context already${place}`
        : `Switched to context "${name}"${place}`,
    );
    reportNarrowed(cli, narrowed);
    await reportWinner(cli, name);
  },
});

/** Where a switch leads: the organization, and the endpoint where another context has another one. */
async function describePlace({ store }: Cli, context: Context): Promise<string> {
  const { contexts } = await store.read();
  const endpoint = context.endpoint.reveal();
  const parts = [
    recall(await store.state(), context)?.organization,
    contexts.some((other) => other.endpoint.reveal() !== endpoint) ? context.endpoint.masked : undefined,
  ].filter((part) => part != null);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

async function pick(cli: Cli): Promise<string> {
  const { pickContext } = await import("../auth/pick-context.ts");
  return pickContext(cli, "Switch to which context?");
}
