import { switchContext } from "../../store/manage-contexts.ts";
import { reportNarrowed, reportWinner } from "../../auth/report-login.ts";
import { bentomlCommand } from "./_bentoml-command.ts";
import { CONTEXT } from "../_args.ts";

export const updateCurrentContext = bentomlCommand({
  name: "update-current-context",
  description: "Make a stored context current",
  section: "As in bentoml",
  args: { name: { ...CONTEXT, required: true, description: "Context to make current" } },
  examples: [["bentocloud update-current-context prod", 'switch to "prod"']],
  async run(args, cli) {
    const { name } = args;
    const { result: previous, narrowed } = await switchContext(cli.store, name);
    if (cli.output.json) cli.output.data({ name, previous });
    else cli.output.line(`Successfully switched to context: ${name}`);
    reportNarrowed(cli, narrowed);
    await reportWinner(cli, name);
  },
});
