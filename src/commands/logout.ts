import { command, flag } from "../cli/command.ts";
import { confirmAll, confirmOne, logOut } from "../auth/logout.ts";
import { findProject } from "../resolve/bentorc.ts";
import { storedChoice } from "../resolve/login-name.ts";
import { requireStored } from "../store/manage-contexts.ts";
import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { CONTEXT, REQUEST_ARGS, YES } from "./_args.ts";

export const logout = command({
  name: "logout",
  description: "Remove a context, and say what is still signed in",
  section: "Sign in",
  isRemoval: true,
  args: {
    name: {
      ...CONTEXT,
      required: false,
      description: "Context to remove (default: the stored context that is active here)",
    },
    all: flag("Remove every context that is not protected"),
    revoke: flag("Delete its API token on the server first; if that fails, the context stays"),
    purge: flag("Take every API token that it has had out of the backups; with --revoke, delete those too"),
    yes: YES,
    ...REQUEST_ARGS,
  },
  examples: [
    ["bentocloud logout staging", "remove one login; `restore` brings it back"],
    ["bentocloud logout --all --revoke --purge", "delete the tokens too, also in backups"],
  ],
  async run(args, cli) {
    if (args.all && (args.name ?? cli.flags.context) !== undefined) throw usageError("--all takes no name");
    const { revoke, purge } = args;
    const isForGood = revoke || purge;
    const name = args.all ? undefined : (args.name ?? cli.flags.context ?? (await nameInUse(cli)));
    const { leave, findLogins } = isForGood ? await import("../tokens/leave.ts") : {};
    if (name !== undefined) await (findLogins?.(cli, name, { purge }) ?? requireStored(cli.store, name));
    const leaving = name === undefined ? await confirmAll(cli, { revoke }) : await confirmOne(cli, name);
    if (leave && leaving.names.length > 0) await leave(cli, leaving, { revoke, purge });
    else await logOut(cli, leaving);
  },
});

async function nameInUse(cli: Cli): Promise<string> {
  const file = await cli.store.read();
  const project = findProject(cli.cwd, (message) => cli.output.warn(message));
  const name = storedChoice({ flag: undefined, env: cli.env, project, file });
  if (file.contexts.some((context) => context.name === name)) return name;
  if (file.contexts.length === 0)
    throw new CliError("NOT_LOGGED_IN", "not logged in: there is no context to remove");
  throw new CliError("NOT_LOGGED_IN", `not logged in: there is no context "${name}"`, {
    hint: "`bentocloud context list` shows the contexts; name the one to remove",
  });
}
