import { command } from "../../cli/command.ts";
import { renameKept } from "../../auth/erase-kept.ts";
import { reportNarrowed } from "../../auth/report-login.ts";
import { renameContext } from "../../store/manage-contexts.ts";
import { CONTEXT } from "../_args.ts";

export const rename = command({
  name: "rename",
  description: "Rename a context",
  args: {
    name: { ...CONTEXT, required: true, description: "Context to rename" },
    "new-name": { type: "positional", required: true, description: "Its new name" },
  },
  examples: [["bentocloud context rename default prod", 'call it "prod"']],
  async run(args, cli) {
    const to = args["new-name"];
    const { narrowed } = await renameContext(cli.store, args.name, to);
    await renameKept(cli, args.name, to);
    if (cli.output.json) cli.output.data({ name: to, previous: args.name });
    cli.output.success(`Renamed context "${args.name}" to "${to}"`);
    reportNarrowed(cli, narrowed);
  },
});
