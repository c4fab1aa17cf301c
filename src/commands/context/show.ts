import { command } from "../../cli/command.ts";
import { type Context, usableTokenOf } from "../../contexts/context.ts";
import { requireStored } from "../../store/manage.ts";
import { showEndpoint } from "../../contexts/endpoint.ts";
import { openKnown, openSession } from "../../auth/session.ts";
import { protectedNames } from "../../auth/confirm-protected.ts";
import type { Cli } from "../../app.ts";

export const show = command({
  name: "show",
  description: "Show one context",
  args: {
    name: {
      type: "positional",
      valueHint: "context",
      required: false,
      description: "Context to show (default: the active one)",
    },
    "show-token": { type: "boolean", description: "Print the API token instead of masking it" },
  },
  async run(args, cli) {
    const revealing = args["show-token"] ?? false;
    const context = args.name === undefined ? await openActive(cli, revealing) : await find(cli, args.name);
    const { name, email } = context;
    const endpoint = showEndpoint(context.endpoint);
    const token = usableTokenOf(context);
    const masked = token?.masked ?? null;
    const isProtected = protectedNames(cli).includes(name);
    if (cli.output.json) {
      const shown = { name, endpoint, email, token_masked: masked, protected: isProtected };
      if (revealing) cli.output.secretData({ ...shown, api_token: token?.reveal() ?? null });
      else cli.output.data(shown);
      return;
    }
    cli.output.fields([
      ["context", name],
      ["endpoint", endpoint],
      ["email", email ?? "-"],
      ["protected", isProtected ? "yes" : null],
      ...(revealing && token ? [] : [["token", masked ?? "none"] as const]),
    ]);
    if (revealing && token) cli.output.secret(token, "token".padEnd(isProtected ? 11 : 10));
  },
});

/** The active context is shown only as far as it may be used here. */
async function openActive(cli: Cli, revealing: boolean): Promise<Context> {
  if (!revealing) return (await openKnown(cli)).context;
  return (await openSession(cli, { insecureHttp: false })).context;
}

async function find(cli: Cli, name: string): Promise<Context> {
  return requireStored(cli.store, name);
}
