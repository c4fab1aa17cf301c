import { command } from "../../cli/command.ts";
import { openOffline } from "../../auth/session.ts";

export const current = command({
  name: "current",
  description: "Print the name of the active context",
  examples: [["PS1='$(bentocloud context current 2>/dev/null) $ '", "in the prompt of the shell"]],
  async run(_args, cli) {
    const { active } = await openOffline(cli);
    if (cli.output.json) cli.output.data({ name: active.name, source: active.source });
    else cli.output.line(active.name);
  },
});
