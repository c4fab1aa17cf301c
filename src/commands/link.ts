import { command } from "../cli/command.ts";
import { requireStored } from "../store/manage.ts";
import { findOrganization } from "../auth/session.ts";
import { linkProject } from "../resolve/link.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { requireContext } from "../resolve/require.ts";
import { usageError } from "../errors.ts";
import type { Cli } from "../app.ts";

export const link = command({
  name: "link",
  description: "Make this directory use a context, with a .bentorc",
  args: {
    name: {
      type: "positional",
      valueHint: "context",
      required: false,
      description: "Context to use here (default: the active one)",
    },
  },
  examples: [["bentocloud link staging", 'everyone in this project signs in as their own "staging"']],
  async run(args, cli) {
    const context = await choose(cli, args.name);
    const organization = await findOrganization(cli, context);
    const { name, endpoint } = context;
    const path = linkProject(cli.cwd(), { context: name, endpoint, ...(organization && { organization }) });
    if (cli.output.json)
      cli.output.data({ path, context: name, endpoint, organization: organization ?? null });
    cli.output.success(`Linked ${path} to context "${name}"`);
    if (!organization)
      cli.output.info(
        "Its organization could not be asked of the server now, so it is not pinned; link again to pin it",
      );
  },
});

async function choose(cli: Cli, name: string | undefined) {
  if (name === undefined) {
    const context = requireContext(await cli.resolve());
    if (context.name !== ENVIRONMENT_NAME) return context;
    throw usageError("the active credential comes from the environment; name a stored context");
  }
  return requireStored(cli.store, name);
}
