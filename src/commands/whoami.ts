import { command } from "../cli/command.ts";
import { identifySession, openUnpinnedSession, rememberIdentities } from "../session/open.ts";
import { checkOrganizationPin } from "../contexts/pins.ts";
import { toIdentity } from "../contexts/state.ts";
import { REQUEST_ARGS } from "./_args.ts";

export const whoami = command({
  name: "whoami",
  description: "Ask the server who the active token belongs to",
  args: REQUEST_ARGS,
  async run(args, cli) {
    const session = await openUnpinnedSession(cli);
    const { active, context } = session;
    const identification = await identifySession(cli, session, {
      insecureHttp: args["insecure-http"] ?? false,
    });
    if (identification.error) throw identification.error;
    const { email, organization } = identification;
    checkOrganizationPin(active, organization);
    await rememberIdentities(cli, [toIdentity(context, identification, cli.now())]);
    if (cli.output.json)
      cli.output.data({ email, organization, name: active.name, endpoint: context.endpoint });
    else cli.output.line(`${email ? `${email} in ` : ""}${organization} (context ${active.name})`);
  },
});
