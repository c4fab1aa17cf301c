import { command } from "../cli/command.ts";
import { reportNarrowed } from "../session/login.ts";
import { previousContext, switchContext } from "../contexts/manage.ts";
import { describeSource } from "../contexts/resolve.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../system/cli.ts";

export const use = command({
  name: "use",
  description: "Make a context current; `-` goes back to the previous one",
  args: {
    name: {
      type: "positional",
      required: false,
      description: "Context, or `-`; without it, pick from a list",
    },
  },
  examples: [
    ["bentocloud use staging", "switch"],
    ["bentocloud use -", "and back"],
  ],
  async run(args, cli) {
    const name = args.name === "-" ? await previousContext(cli.store) : (args.name ?? (await pick(cli)));
    const { previous, narrowed } = await switchContext(cli.store, name);
    if (cli.output.json) cli.output.data({ name, previous });
    cli.output.success(
      previous === name ? `"${name}" is the current context already` : `Switched to context "${name}"`,
    );
    reportNarrowed(cli, narrowed);
    await warnUnlessActive(cli, name);
  },
});

/** The switch has happened: whatever is wrong with this directory or the environment is no failure of it. */
async function warnUnlessActive(cli: Cli, name: string): Promise<void> {
  try {
    const active = await cli.resolveElsewhere();
    if (active.name === name) return;
    cli.output.warn(
      `here, ${describeSource(active.source)} still wins: the active context is "${active.name}"`,
    );
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    cli.output.warn(`no context can be active here: ${error.message}`);
  }
}

async function pick(cli: Cli): Promise<string> {
  const { contexts, current } = await cli.store.read();
  if (!cli.interactive)
    throw usageError("which context? give its name", "`bentocloud context list` shows the contexts");
  if (contexts.length === 0) {
    throw new CliError("NOT_LOGGED_IN", "there are no contexts to choose from", { hint: "bentocloud login" });
  }
  const prompt = await cli.prompt();
  const choices = contexts.map(({ name, endpoint }) => ({ value: name, label: name, hint: endpoint }));
  return prompt.pick("Switch to which context?", choices, current.name);
}
