import { command } from "../cli/command.ts";
import { requireStored } from "../store/manage-contexts.ts";
import { reportWinner } from "../auth/report-login.ts";
import { findOrganization } from "../auth/session.ts";
import { isHome, linkProject } from "../resolve/link.ts";
import { ENVIRONMENT_NAME } from "../contexts/name.ts";
import { requireContext } from "../resolve/require.ts";
import { usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { CONTEXT } from "./_args.ts";

export const link = command({
  name: "link",
  description: "Write a .bentorc, so that this directory uses a context",
  section: "Contexts",
  args: {
    name: { ...CONTEXT, required: false, description: "Context to use here (default: the active one)" },
  },
  examples: [["bentocloud link staging", 'everyone in this project signs in as their own "staging"']],
  async run(args, cli) {
    const folder = requireProjectFolder(cli);
    const context = await choose(cli, args.name);
    const organization = await findOrganization(cli, context);
    const { name } = context;
    const endpoint = context.endpoint.withoutUserinfo();
    const path = linkProject(folder, { context: name, endpoint, ...(organization && { organization }) });
    if (cli.output.json)
      cli.output.data({ path, context: name, endpoint, organization: organization ?? null });
    cli.output.success(`Linked ${path} to context "${name}"`);
    if (!organization)
      cli.output.info("The server did not say its organization, so it is not pinned; link again to pin it");
    await reportWinner(cli, name);
    const { glanceAtRepository } = await import("../scan/glance.ts");
    const [leak] = (await glanceAtRepository(cli)) ?? [];
    if (leak !== undefined)
      cli.output.warn(
        `git tracks ${leak}, which holds an API token of yours: run \`bentocloud scan --history\``,
      );
  },
});

function requireProjectFolder(cli: Cli): string {
  const folder = cli.cwd();
  if (!isHome(folder, cli.env)) return folder;
  throw usageError(
    "a .bentorc in the home directory would apply to every directory below it",
    "change to the directory of a project, or make a context current with `bentocloud use`",
  );
}

async function choose(cli: Cli, name: string | undefined) {
  if (name === undefined) {
    const context = requireContext(await cli.resolve());
    if (context.name !== ENVIRONMENT_NAME) return context;
    throw usageError("the active credential comes from the environment; name a stored context");
  }
  return requireStored(cli.store, name);
}
