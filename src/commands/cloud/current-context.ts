import { emptyTokenOf, plainTokenOf } from "../../contexts/context.ts";
import { requireLogin } from "../../resolve/require.ts";
import { openOffline, openSession } from "../../auth/session.ts";
import { bentomlCommand } from "./_bentoml-command.ts";

export const currentContext = bentomlCommand({
  name: "current-context",
  description: "Print the active context as JSON, as bentoml does",
  section: "As in bentoml",
  examples: [["bentocloud current-context | jq -r .api_token", "the API token, where it is not shown"]],
  async run(_args, cli) {
    const { context } = await openOffline(cli);
    const { name, endpoint, email } = context;
    // A token is revealed only where it could be used too: pins are checked.
    const reveal = async () => (await openSession(cli)).token.reveal();
    const empty = emptyTokenOf(context);
    const isMasked = cli.isTerminal(1);
    if (empty === undefined) requireLogin(context);
    // A terminal needs no more than a mask, and for that no other store is asked.
    const masked = () => plainTokenOf(context)?.masked ?? "****";
    const api_token = empty ?? (isMasked ? masked() : await reveal());
    cli.output.secretData({
      name,
      endpoint: isMasked ? endpoint.masked : endpoint.reveal(),
      api_token,
      email,
    });
  },
});
