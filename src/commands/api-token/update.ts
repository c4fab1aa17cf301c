import { command, flag } from "../../cli/command.ts";
import { updateApiToken } from "../../tokens/list.ts";
import { parseExpiry, parseScopes } from "../../tokens/fields.ts";
import { showExpiry } from "../../auth/show-expiry.ts";
import { REQUEST_ARGS } from "../_args.ts";
import { DESCRIPTION, EXPIRES, SCOPE, TOKEN, showScopes, toJson } from "./_format.ts";

export const update = command({
  name: "update",
  description: "Change the scopes, expiry or description of an API token",
  args: {
    token: TOKEN,
    scope: SCOPE,
    description: DESCRIPTION,
    expires: EXPIRES,
    force: flag("Accept any scope"),
    ...REQUEST_ARGS,
  },
  examples: [["bentocloud api-token update ci --expires 30d", "expires in 30 days"]],
  async run(args, cli, given) {
    const scopes = parseScopes(given.all("scope"), { force: args.force });
    const token = await updateApiToken(cli, args.token, {
      ...(args.description !== undefined && { description: args.description }),
      ...(scopes.length > 0 && { scopes }),
      ...(args.expires !== undefined && { expiresAt: parseExpiry(args.expires, cli.now()) }),
    });
    if (cli.output.json) cli.output.data(toJson(token));
    const expiry = showExpiry(token, cli).text;
    cli.output.success(
      `Changed the API token "${token.name}" (${token.uid}): ${showScopes(token)}, expires ${expiry}`,
    );
  },
});
