import { command } from "../cli/command.ts";
import { warnOfExpiry } from "../auth/expiry.ts";
import { openCheckedSession } from "../auth/session.ts";
import { REQUEST_ARGS } from "./_args.ts";

export const whoami = command({
  name: "whoami",
  description: "Show the user and organization of the active API token",
  section: "Sign in",
  args: REQUEST_ARGS,
  examples: [["bentocloud whoami --json | jq -r .organization", "the organization alone"]],
  async run(_args, cli) {
    const { session, identification } = await openCheckedSession(cli);
    await warnOfExpiry(cli, session.context);
    const { name } = session.active;
    const { email, organization } = identification;
    if (cli.output.json) cli.output.data({ email, organization, name, endpoint: session.context.endpoint });
    else await cli.output.sentence(`${email ? `${email} in ` : ""}${organization} (context ${name})`);
  },
});
