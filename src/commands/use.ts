import { command } from "../cli/command.ts";
import { warnOfExpiry } from "../auth/expiry.ts";
import { reportNarrowed, reportWinner } from "../auth/report-login.ts";
import { previousContext, switchContext, requireStored } from "../store/manage-contexts.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
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
    const name = args.name === "-" ? await previousContext(cli.store) : (args.name ?? (await pick(cli)));
    const context = await requireStored(cli.store, name);
    await warnOfExpiry(cli, context);
    const { result: previous, narrowed } = await switchContext(cli.store, name);
    if (cli.output.json) cli.output.data({ name, previous });
    cli.output.success(
      previous === name ? `"${name}" is the current context already` : `Switched to context "${name}"`,
    );
    reportNarrowed(cli, narrowed);
    await reportWinner(cli, name);
  },
});

async function pick(cli: Cli): Promise<string> {
  const { contexts, current } = await cli.store.read();
  if (!cli.interactive)
    throw usageError("which context? give its name", "`bentocloud context list` shows the contexts");
  if (contexts.length === 0) {
    throw new CliError("NOT_LOGGED_IN", "there are no contexts to choose from", { hint: "bentocloud login" });
  }
  const prompt = await cli.prompt();
  const choices = contexts.map(({ name, endpoint }) => ({ value: name, label: name, hint: endpoint.masked }));
  return prompt.pick("Switch to which context?", choices, current.name);
}
