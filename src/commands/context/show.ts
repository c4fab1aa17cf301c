import { command, flag } from "../../cli/command.ts";
import { requireStored } from "../../store/manage-contexts.ts";
import { type Context, hasToken, plainTokenOf } from "../../contexts/context.ts";
import { openOffline, openSession } from "../../auth/session.ts";
import { readToken } from "../../auth/read-token.ts";
import { showUnusual, viewStore } from "../../auth/store-view.ts";
import { recallIdentity } from "../../auth/identity.ts";
import { protectedNames } from "../../auth/confirm-protected.ts";
import type { Cli } from "../../app.ts";
import { CONTEXT } from "../_args.ts";

export const show = command({
  name: "show",
  description: "Show one context",
  args: {
    name: { ...CONTEXT, required: false, description: "Context to show (default: the active one)" },
    "show-token": flag("Print the API token instead of masking it"),
  },
  examples: [["bentocloud context show staging", "one of them"]],
  async run(args, cli) {
    const revealing = args["show-token"];
    const context = await open(cli, args.name, { revealing });
    const { name, email } = context;
    const endpoint = context.endpoint.masked;
    const token = revealing && hasToken(context) ? await readToken(cli, context) : plainTokenOf(context);
    const store = await viewStore(cli, context);
    const masked = token?.masked ?? null;
    const isProtected = protectedNames(cli).includes(name);
    const organization = (await recallIdentity(cli, context))?.organization ?? null;
    if (cli.output.json) {
      const shown = {
        name,
        endpoint,
        email,
        organization,
        token_masked: masked,
        protected: isProtected,
        store,
      };
      if (revealing) cli.output.secretData({ ...shown, api_token: token?.reveal() ?? null });
      else cli.output.data(shown);
      return;
    }
    await cli.output.fields([
      ["context", name],
      ["endpoint", endpoint],
      ["email", email ?? "-"],
      [LONGEST_LABEL, organization ?? "-"],
      ["protected", isProtected ? "yes" : null],
      ["store", showUnusual(store)],
      ["token", revealing && token ? null : (masked ?? (hasToken(context) ? "not read" : "none"))],
    ]);
    if (revealing && token) cli.output.secret(`${"token".padEnd(LONGEST_LABEL.length)}  ${token.reveal()}`);
  },
});

const LONGEST_LABEL = "organization";

/** The active context's token is shown only where it could be used too: pins are checked. */
async function open(cli: Cli, name: string | undefined, { revealing = false }): Promise<Context> {
  if (name !== undefined) return requireStored(cli.store, name);
  if (!revealing) return (await openOffline(cli)).context;
  return (await openSession(cli)).context;
}
