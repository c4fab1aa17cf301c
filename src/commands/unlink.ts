import { command } from "../cli/command.ts";
import { unlinkProject } from "../resolve/link.ts";

export const unlink = command({
  name: "unlink",
  description: "Take the context and its pins out of this .bentorc",
  async run(_args, cli) {
    const { path, changed } = unlinkProject(cli.cwd());
    if (cli.output.json) cli.output.data({ path, removed: changed });
    if (changed) cli.output.success(`Unlinked ${path}`);
    else cli.output.info(`There is nothing to unlink in ${path}`);
  },
});
