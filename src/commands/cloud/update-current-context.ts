import { command } from "../../cli/command.ts";
import { switchContext } from "../../contexts/manage.ts";
import { withCompatibleFailures } from "./_failure.ts";

export const updateCurrentContext = command({
  name: "update-current-context",
  description: "Make a stored context current",
  args: { name: { type: "positional", required: true, description: "Context to make current" } },
  async run(args, cli) {
    await withCompatibleFailures(async () => {
      await switchContext(cli.store, args.name);
      cli.output.line(`Successfully switched to context: ${args.name}`);
    });
  },
});
