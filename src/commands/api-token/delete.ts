import { command } from "../../cli/command.ts";
import { ENVIRONMENT_NAME } from "../../contexts/name.ts";
import { deleteApiToken } from "../../tokens/delete.ts";
import { describeUser } from "../../tokens/match.ts";
import { REQUEST_ARGS } from "../_args.ts";
import { TOKEN_ARG } from "./_show.ts";

export const remove = command({
  name: "delete",
  description: "Delete an API token; whoever uses it is locked out",
  args: {
    ...TOKEN_ARG,
    yes: { type: "boolean", description: "Do not ask" },
    force: { type: "boolean", description: "Delete it even when a login here uses it, or may do so" },
    ...REQUEST_ARGS,
  },
  examples: [["bentocloud api-token delete old-laptop --yes", "without a question"]],
  async run(args, cli) {
    const { token, contexts } = await deleteApiToken(cli, args.token, {
      yes: args.yes ?? false,
      force: args.force ?? false,
      insecureHttp: args["insecure-http"] ?? false,
    });
    if (cli.output.json) cli.output.data({ uid: token.uid, name: token.name, contexts });
    cli.output.success(`Deleted the API token "${token.name}" (${token.uid})`);
    if (contexts.length > 0)
      cli.output.warn(`${contexts.map(describeUser).join(" and ")} can no longer sign in`);
    const stored = contexts.filter((name) => name !== ENVIRONMENT_NAME);
    if (stored.length > 0) cli.output.hint("sign in again with `bentocloud login`, or `bentocloud logout`");
  },
});
