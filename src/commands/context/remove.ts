import { command } from "../../cli/command.ts";
import { logOut } from "../../auth/logout.ts";

export const remove = command({
  name: "remove",
  description: "Remove a context, like `bentocloud logout NAME`",
  args: {
    name: { type: "positional", valueHint: "context", required: true, description: "Context to remove" },
  },
  async run(args, cli) {
    await logOut(cli, [args.name]);
  },
});
