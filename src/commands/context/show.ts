import { command } from "../../cli/command.ts";
import { tokenOf } from "../../contexts/context.ts";
import { noSuchContext, requireContext } from "../../contexts/resolve.ts";
import type { Cli } from "../../system/cli.ts";

export const show = command({
  name: "show",
  description: "Show one context",
  args: {
    name: { type: "positional", required: false, description: "Context to show (default: the active one)" },
    "show-token": { type: "boolean", description: "Print the API token instead of masking it" },
  },
  async run(args, cli) {
    const context =
      args.name === undefined ? requireContext(await cli.resolve()) : await find(cli, args.name);
    const { name, endpoint, email } = context;
    const token = tokenOf(context);
    const masked = token?.masked ?? null;
    if (cli.output.json) {
      const shown = { name, endpoint, email, token_masked: masked };
      if (args["show-token"]) cli.output.secretData({ ...shown, api_token: token?.reveal() ?? null });
      else cli.output.data(shown);
      return;
    }
    cli.output.fields([
      ["context", name],
      ["endpoint", endpoint],
      ["email", email ?? "-"],
      ...(args["show-token"] && token ? [] : [["token", masked ?? "none"] as const]),
    ]);
    if (args["show-token"] && token) cli.output.secret(token, "token     ");
  },
});

async function find(cli: Cli, name: string) {
  const { contexts } = await cli.store.read();
  const context = contexts.find((candidate) => candidate.name === name);
  if (!context) throw noSuchContext(name);
  return context;
}
