import { command } from "../../cli/command.ts";
import { updateApiToken } from "../../tokens/list.ts";
import { parseExpiry, parseScopes } from "../../tokens/fields.ts";
import { REQUEST_ARGS } from "../_args.ts";
import { FIELD_ARGS, SCOPE_ARG, showExpiry, showScopes, TOKEN_ARG, toJson } from "./_show.ts";

export const update = command({
  name: "update",
  description: "Change what an API token may do, how long it lives, or what it is for",
  args: {
    ...TOKEN_ARG,
    ...SCOPE_ARG,
    ...FIELD_ARGS,
    force: { type: "boolean", description: "Send any scope" },
    ...REQUEST_ARGS,
  },
  examples: [["bentocloud api-token update ci --expires 30d", "thirty days from now"]],
  async run(args, cli, given) {
    const scopes = parseScopes(given.all("scope"), { force: args.force ?? false });
    const token = await updateApiToken(cli, args.token, {
      insecureHttp: args["insecure-http"] ?? false,
      ...(args.description !== undefined && { description: args.description }),
      ...(scopes.length > 0 && { scopes }),
      ...(args.expires !== undefined && { expiresAt: parseExpiry(args.expires, cli.now()) }),
    });
    if (cli.output.json) cli.output.data(toJson(token));
    const expiry = showExpiry(token, cli.now()).text;
    cli.output.success(
      `Changed the API token "${token.name}" (${token.uid}): ${showScopes(token)}, expires ${expiry}`,
    );
  },
});
