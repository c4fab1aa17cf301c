import { command, flag } from "../../cli/command.ts";
import { loginCommand } from "../../resolve/require.ts";
import { quoteWord } from "../../system/text.ts";
import { ENVIRONMENT_NAME } from "../../contexts/name.ts";
import { deleteApiToken } from "../../tokens/delete.ts";
import { describeUsers } from "../../tokens/match.ts";
import { REQUEST_ARGS, YES } from "../_args.ts";
import { TOKEN_OR_PICK } from "./_format.ts";

export const remove = command({
  name: "delete",
  description: "Delete an API token; every program that uses it is locked out",
  isRemoval: true,
  args: {
    token: TOKEN_OR_PICK,
    yes: YES,
    force: flag("Delete it even if a context here uses it or may use it"),
    ...REQUEST_ARGS,
  },
  examples: [["bentocloud api-token delete old-laptop --yes", "without asking"]],
  async run(args, cli) {
    const { token, contexts } = await deleteApiToken(cli, args.token, { force: args.force });
    if (cli.output.json) cli.output.data({ uid: token.uid, name: token.name, contexts });
    cli.output.success(`Deleted the API token "${token.name}" (${token.uid})`);
    if (contexts.length > 0) cli.output.warn(`${describeUsers(cli, contexts)} can no longer sign in`);
    const stored = contexts.find((name) => name !== ENVIRONMENT_NAME);
    if (stored !== undefined)
      cli.output.hint(`${loginCommand(stored)}, or bentocloud logout ${quoteWord(stored)}`);
  },
});
