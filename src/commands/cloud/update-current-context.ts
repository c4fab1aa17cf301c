import { command } from "../../cli/command.ts";
import { switchContext } from "../../store/manage-contexts.ts";
import { reportNarrowed, reportWinner } from "../../auth/report-login.ts";
import { exitOneOnFailure } from "./_exit-code.ts";
import { CONTEXT } from "../_args.ts";

export const updateCurrentContext = command({
  name: "update-current-context",
  description: "Make a stored context current",
  section: "As in bentoml",
  args: { name: { ...CONTEXT, required: true, description: "Context to make current" } },
  examples: [["bentocloud update-current-context prod", 'switch to "prod"']],
  async run(args, cli) {
    await exitOneOnFailure(async () => {
      const { name } = args;
      const { result: previous, narrowed } = await switchContext(cli.store, name);
      if (cli.output.json) cli.output.data({ name, previous });
      else cli.output.line(`Successfully switched to context: ${name}`);
      reportNarrowed(cli, narrowed);
      await reportWinner(cli, name);
    });
  },
});
