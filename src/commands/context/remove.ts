import { command } from "../../cli/command.ts";
import { logOutOf } from "../../auth/logout.ts";
import { CONTEXT, YES } from "../_args.ts";

export const remove = command({
  name: "remove",
  description: "Remove a context, as `bentocloud logout NAME` does",
  isRemoval: true,
  args: { name: { ...CONTEXT, required: true, description: "Context to remove" }, yes: YES },
  examples: [["bentocloud context remove staging", "remove one login"]],
  async run(args, cli) {
    await logOutOf(cli, args.name);
  },
});
