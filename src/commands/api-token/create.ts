import { command, flag, option } from "../../cli/command.ts";
import { showExpiry } from "../../auth/show-expiry.ts";
import type { Cli } from "../../app.ts";
import type { CreatedToken } from "../../cloud/tokens.ts";
import { CliError, requireCliError, usageError, withHint } from "../../errors.ts";
import { repeatContext } from "../../resolve/require.ts";
import { quoteWord } from "../../system/text.ts";
import { reportLogin } from "../../auth/report-login.ts";
import { create as createApiToken, prepareLogin, saveCreated } from "../../tokens/create.ts";
import { parseExpiry, parseScopes, parseTokenName } from "../../tokens/fields.ts";
import { openTokens } from "../../tokens/list.ts";
import { REQUEST_ARGS, YES } from "../_args.ts";
import { DESCRIPTION, EXPIRES, SCOPE, showScopes, toJson } from "./_format.ts";

export const create = command({
  name: "create",
  description: "Create an API token and print it on stdout",
  args: {
    name: { type: "positional", required: true, description: "Its name: a to z, 0 to 9 and dashes" },
    scope: { ...SCOPE, description: `${SCOPE.description} (default: api)` },
    description: DESCRIPTION,
    expires: EXPIRES,
    login: option("context", "Save it as this context, and make that current"),
    "no-use": flag("With --login, keep the current context"),
    force: flag("Accept any scope; with --login, replace any context"),
    yes: YES,
    ...REQUEST_ARGS,
  },
  examples: [
    ["bentocloud api-token create ci --expires 90d | gh secret set BENTO_CLOUD_API_KEY", "for a CI job"],
    ["bentocloud api-token create laptop --login laptop >/dev/null", "a context with its own token"],
  ],
  async run(args, cli, given) {
    const { force } = args;
    if (args["no-use"] && args.login === undefined) throw usageError("--no-use goes with --login");
    const name = parseTokenName(args.name);
    const scopes = parseScopes(given.all("scope"), { force });
    const expiresAt = args.expires === undefined ? undefined : parseExpiry(args.expires, cli.now());
    const session = await openTokens(cli);
    const to =
      args.login === undefined
        ? undefined
        : await prepareLogin(cli, session, {
            name: args.login,
            use: !args["no-use"],
            force,
            commandFor: (other) =>
              `bentocloud api-token create ${name} --login ${quoteWord(other)}${repeatOptions(cli, args, scopes)}`,
          });
    const token = await createApiToken(cli, session.client, {
      name,
      description: args.description ?? "",
      scopes: scopes.length === 0 ? ["api"] : scopes,
      ...(expiresAt && { expiresAt }),
    });
    // First of all: the server does not tell it again, even if saving the login fails.
    printSecret(cli, token, { isKept: to !== undefined });
    const life = token.expiresAt ? `, expires ${showExpiry(token, cli).text}` : ", never expires";
    cli.output.success(`Created the API token "${token.name}" (${token.uid}): ${showScopes(token)}${life}`);
    if (to) await reportLogin(cli, await saveCreated(cli, to, token), { isAnswer: false });
  },
});

interface Options {
  description: string | undefined;
  expires: string | undefined;
  "no-use": boolean;
}

/** The options that decide what the token may do, for a command that a person may copy. */
function repeatOptions({ flags }: Cli, options: Options, scopes: readonly string[]): string {
  const { description, expires } = options;
  const words = [
    ...scopes.map((scope) => `--scope=${quoteWord(scope)}`),
    expires !== undefined && `--expires=${quoteWord(expires)}`,
    description !== undefined && `--description=${quoteWord(description)}`,
    options["no-use"] && "--no-use",
    flags.insecureHttp && "--insecure-http",
  ];
  return repeatContext(flags) + words.flatMap((word) => (word === false ? [] : ` ${word}`)).join("");
}

/** `isKept` says that the secret is saved as well, so that it is not lost when nobody reads stdout. */
function printSecret({ output, flags }: Cli, token: CreatedToken, { isKept }: { isKept: boolean }): void {
  const hint = `nobody knows the secret of the new API token: \`bentocloud api-token delete ${token.name}${repeatContext(flags)}\``;
  try {
    const secret = token.secret.reveal();
    const isRead = output.json
      ? output.secretData({ ...toJson(token), api_token: secret })
      : output.secret(secret);
    if (isRead || isKept) return;
  } catch (error) {
    throw withHint(requireCliError(error), hint);
  }
  throw new CliError("STORAGE", "nobody reads standard output", { hint });
}
