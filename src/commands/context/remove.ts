import { command } from "../../cli/command.ts";
import { logOut } from "../../auth/logout.ts";
import { CONTEXT } from "../_args.ts";

export const remove = command({
  name: "remove",
  description: "Remove a context, as `bentocloud logout NAME` does",
  args: { name: { ...CONTEXT, required: true, description: "Context to remove" } },
  async run(args, cli) {
    await logOut(cli, [args.name]);
  },
});
