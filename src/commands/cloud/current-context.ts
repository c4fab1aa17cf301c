import { command } from "../../cli/command.ts";
import { emptyTokenOf } from "../../contexts/context.ts";
import { requireToken } from "../../resolve/require.ts";
import { openOffline, openSession } from "../../auth/session.ts";
import type { Cli } from "../../app.ts";
import { withCompatibleFailures } from "./_failure.ts";

export const currentContext = command({
  name: "current-context",
  description: "Print the active context as JSON, like bentoml",
  async run(_args, cli) {
    await withCompatibleFailures(async () => {
      const { context } = await openOffline(cli);
      const { name, endpoint, email } = context;
      const empty = emptyTokenOf(context);
      const api_token = empty ?? (cli.isTerminal(1) ? requireToken(context).masked : await reveal(cli));
      cli.output.secretData({ name, endpoint, api_token, email });
    });
  },
});

/** A project's pins guard the token here as they do in `token`. */
async function reveal(cli: Cli): Promise<string> {
  return (await openSession(cli, { insecureHttp: false })).token.reveal();
}
