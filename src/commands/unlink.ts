import { command } from "../cli/command.ts";
import { unlinkProject } from "../resolve/link.ts";

export const unlink = command({
  name: "unlink",
  description: "Remove the context and its pins from this directory's .bentorc",
  section: "Contexts",
  examples: [["bentocloud unlink", "use the current context here again"]],
  async run(_args, cli) {
    const { path, changed } = unlinkProject(cli.cwd());
    if (cli.output.json) cli.output.data({ path, removed: changed });
    if (changed) cli.output.success(`Unlinked ${path}`);
    else cli.output.info(`Nothing to unlink in ${path}`);
  },
});
