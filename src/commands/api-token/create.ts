import { command } from "../../cli/command.ts";
import { quoteWord } from "../../resolve/require.ts";
import { usageError } from "../../errors.ts";
import { reportLogin } from "../../auth/report-login.ts";
import { create as createApiToken, prepareLogin, saveCreated } from "../../tokens/create.ts";
import { parseExpiry, parseScopes, parseTokenName } from "../../tokens/fields.ts";
import { openTokens } from "../../tokens/list.ts";
import { REQUEST_ARGS } from "../_args.ts";
import { FIELD_ARGS, printSecret, SCOPE_ARG, showExpiry, showScopes } from "./_show.ts";

export const create = command({
  name: "create",
  description: "Create an API token and print it, alone on standard output",
  args: {
    name: { type: "positional", required: true, description: "Its name: a to z, 0 to 9 and dashes" },
    scope: { ...SCOPE_ARG.scope, description: `${SCOPE_ARG.scope.description} (default: api)` },
    ...FIELD_ARGS,
    login: {
      type: "string",
      valueHint: "name",
      description: "Save it as the login of this context, now current",
    },
    "no-use": { type: "boolean", description: "With --login, keep the current context" },
    force: { type: "boolean", description: "Send any scope; with --login, replace any context" },
    ...REQUEST_ARGS,
  },
  examples: [
    ["bentocloud api-token create ci --expires 90d | gh secret set BENTO_CLOUD_API_KEY", "for a CI job"],
    ["bentocloud api-token create laptop --login laptop >/dev/null", "a context with a token of its own"],
  ],
  async run(args, cli, given) {
    const [force, insecureHttp] = [args.force ?? false, args["insecure-http"] ?? false];
    if (args["no-use"] && args.login === undefined) throw usageError("--no-use goes with --login");
    const name = parseTokenName(args.name);
    const scopes = parseScopes(given.all("scope"), { force });
    const expiresAt = args.expires === undefined ? undefined : parseExpiry(args.expires, cli.now());
    const session = await openTokens(cli, { insecureHttp });
    const to =
      args.login === undefined
        ? undefined
        : await prepareLogin(cli, session, {
            name: args.login,
            use: !args["no-use"],
            force,
            insecureHttp,
            commandFor: (other) => `bentocloud api-token create ${name} --login ${quoteWord(other)}`,
          });
    const token = await createApiToken(session.client, {
      name,
      description: args.description ?? "",
      scopes: scopes.length === 0 ? ["api"] : scopes,
      ...(expiresAt && { expiresAt }),
    });
    // At once: nobody can ask for it again, whatever happens to the login.
    printSecret(cli, token, { isKept: to !== undefined });
    const life = token.expiresAt ? `, expires ${showExpiry(token, cli.now()).text}` : ", never expires";
    cli.output.success(`Created the API token "${token.name}" (${token.uid}): ${showScopes(token)}${life}`);
    if (to) await reportLogin(cli, await saveCreated(cli, to, token), { isAnswer: false });
  },
});
