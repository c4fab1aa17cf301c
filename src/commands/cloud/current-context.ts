import { command } from "../../cli/command.ts";
import { tokenOf } from "../../contexts/context.ts";
import { requireContext } from "../../contexts/resolve.ts";
import { withCompatibleFailures } from "./_failure.ts";

export const currentContext = command({
  name: "current-context",
  description: "Print the active context as JSON, with its token unless stdout is a terminal",
  async run(_args, cli) {
    await withCompatibleFailures(async () => {
      const { name, endpoint, email, token } = describe(requireContext(await cli.resolve()));
      const shown = cli.isTerminal(1) ? token?.masked : token?.reveal();
      cli.output.secretData({ name, endpoint, api_token: shown ?? "", email });
    });
  },
});

function describe(context: ReturnType<typeof requireContext>) {
  const { name, endpoint, email } = context;
  return { name, endpoint, email, token: tokenOf(context) };
}
