import { command } from "../cli/command.ts";
import { openSession } from "../auth/session.ts";
import { REQUEST_ARGS } from "./_args.ts";

export const token = command({
  name: "token",
  description: "Print the active API token",
  section: "Use",
  args: REQUEST_ARGS,
  examples: [['curl -H "X-YATAI-API-TOKEN: $(bentocloud token)" …', "in a script"]],
  async run(_args, cli) {
    const session = await openSession(cli);
    if (cli.output.json) cli.output.secretData({ api_token: session.token.reveal() });
    else cli.output.secret(session.token.reveal());
  },
});
