import { command, flag } from "../cli/command.ts";
import { logOutOf, logOutOfAll } from "../auth/logout.ts";
import { findProject } from "../resolve/bentorc.ts";
import { storedChoice } from "../resolve/login-name.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { CONTEXT, YES } from "./_args.ts";

export const logout = command({
  name: "logout",
  description: "Remove a context, and say what still authenticates",
  section: "Sign in",
  args: {
    name: {
      ...CONTEXT,
      required: false,
      description: "Context to remove (default: the stored one in use)",
    },
    all: flag("Remove every context that is not protected"),
    yes: YES,
  },
  examples: [["bentocloud logout staging", "remove one login"]],
  async run(args, cli, given) {
    if (args.all && args.name !== undefined) throw usageError("--all goes without a name");
    const yes = given.all("yes");
    if (args.all) return logOutOfAll(cli, { yes, isConfirmed: args.yes });
    await logOutOf(cli, args.name ?? (await nameInUse(cli)), yes);
  },
});

async function nameInUse(cli: Cli): Promise<string> {
  const file = await cli.store.read();
  const project = findProject(cli.cwd, (message) => cli.output.warn(message));
  const name = storedChoice({ flag: cli.flags.context, env: cli.env, project, file });
  if (cli.flags.context !== undefined || file.contexts.some((context) => context.name === name)) return name;
  throw new CliError("NOT_LOGGED_IN", `not logged in: there is no context "${name}"`, {
    hint: "`bentocloud context list` shows the contexts; name the one to remove",
  });
}
