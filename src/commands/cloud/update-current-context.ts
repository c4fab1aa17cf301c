import { command } from "../../cli/command.ts";
import { switchContext } from "../../store/manage.ts";
import { reportNarrowed, reportWinner } from "../../auth/report-login.ts";
import { withCompatibleFailures } from "./_failure.ts";

export const updateCurrentContext = command({
  name: "update-current-context",
  description: "Make a stored context current",
  args: {
    name: {
      type: "positional",
      valueHint: "context",
      required: true,
      description: "Context to make current",
    },
  },
  async run(args, cli) {
    await withCompatibleFailures(async () => {
      const { name } = args;
      const { result: previous, narrowed } = await switchContext(cli.store, name);
      if (cli.output.json) cli.output.data({ name, previous });
      else cli.output.line(`Successfully switched to context: ${name}`);
      reportNarrowed(cli, narrowed);
      await reportWinner(cli, name);
    });
  },
});
