import { command } from "../../cli/command.ts";
import { checkEndpointPin } from "../../contexts/pins.ts";
import { requireContext } from "../../contexts/resolve.ts";

export const current = command({
  name: "current",
  description: "Print the name of the active context",
  async run(_args, cli) {
    const active = await cli.resolve();
    checkEndpointPin(active, requireContext(active));
    if (cli.output.json) cli.output.data({ name: active.name, source: active.source });
    else cli.output.line(active.name);
  },
});
