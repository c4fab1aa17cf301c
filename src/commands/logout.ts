import { command } from "../cli/command.ts";
import { logOut } from "../auth/logout.ts";
import { findProject } from "../resolve/bentorc.ts";
import { storedChoice } from "../resolve/login-name.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";

export const logout = command({
  name: "logout",
  description: "Remove a context, and say what still authenticates",
  args: {
    name: {
      type: "positional",
      valueHint: "context",
      required: false,
      description: "Context to remove (default: the stored one in use)",
    },
    all: { type: "boolean", description: "Remove every context" },
  },
  examples: [["bentocloud logout staging", "forget one login"]],
  async run(args, cli) {
    if (args.all && args.name !== undefined) throw usageError("--all goes without a name");
    await logOut(cli, args.all ? await everyName(cli) : [args.name ?? (await nameInUse(cli))]);
  },
});

async function everyName(cli: Cli): Promise<string[]> {
  const { contexts } = await cli.store.read();
  return [...new Set(contexts.map(({ name }) => name))];
}

async function nameInUse(cli: Cli): Promise<string> {
  const file = await cli.store.read();
  const project = findProject(cli.cwd, (message) => cli.output.warn(message));
  const name = storedChoice({ flag: cli.flags.context, env: cli.env, project, file });
  if (cli.flags.context !== undefined || file.contexts.some((context) => context.name === name)) return name;
  throw new CliError("NOT_LOGGED_IN", `not logged in: there is no context "${name}"`, {
    hint: "`bentocloud context list` shows the contexts; name the one to remove",
  });
}
