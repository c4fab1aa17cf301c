import { command, flag, flagOrOption } from "../../cli/command.ts";
import { usageError } from "../../errors.ts";
import { loginCommand } from "../../resolve/require.ts";
import { quoteWord } from "../../system/text.ts";
import { describeUsers } from "../../tokens/match.ts";
import { revokeValue } from "../../tokens/revoke-value.ts";
import { ENDPOINT, REQUEST_ARGS } from "../_args.ts";

export const revoke = command({
  name: "revoke",
  description: "Delete the API token whose value is given, whether or not a context here has it",
  isRemoval: true,
  args: {
    "with-token": flag("Read the API token from standard input"),
    endpoint: {
      ...ENDPOINT,
      description: "Its server (default: that of the context which has it, or the active one)",
    },
    yes: flagOrOption("context", "Delete that of this protected context; nothing else is asked"),
    ...REQUEST_ARGS,
  },
  examples: [["bentocloud api-token revoke --with-token < leaked.txt", "a token that leaked"]],
  async run(args, cli) {
    if (!args["with-token"])
      throw usageError(
        "which API token? give its value on standard input, with --with-token",
        "`bentocloud api-token delete NAME` deletes by name, `bentocloud logout NAME --revoke` that of a context",
      );
    const { endpoint, token, contexts } = await revokeValue(cli, args.endpoint);
    if (cli.output.json) cli.output.data({ uid: token.uid, name: token.name, endpoint, contexts });
    cli.output.success(`Deleted the API token "${token.name}" (${token.uid}) on ${endpoint}`);
    for (const name of contexts) {
      cli.output.warn(`${describeUsers(cli, [name])} can no longer sign in`);
      cli.output.hint(
        `\`${loginCommand(name)}\` signs in again, \`bentocloud logout ${quoteWord(name)} --purge\` removes what is left of it`,
      );
    }
  },
});
