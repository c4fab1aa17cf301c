import { command } from "../cli/command.ts";
import { confirmProtected } from "../auth/confirm-protected.ts";
import { pinContext, variablesWithLostBytes } from "../auth/credential-environment.ts";
import { warnOfExpiry } from "../auth/expiry.ts";
import { pickContext } from "../auth/pick-context.ts";
import { checkPins } from "../auth/session.ts";
import { SHELL_VARIABLE } from "../resolve/environment.ts";
import { requireStored } from "../store/manage-contexts.ts";
import { CONTEXT, YES } from "./_args.ts";

export const shell = command({
  name: "shell",
  description: "Open a subshell in which every command uses a context",
  section: "Use",
  args: {
    name: { ...CONTEXT, required: false, description: "Context (default: pick from a list)" },
    yes: YES,
  },
  examples: [["bentocloud shell staging", "this terminal uses staging until `exit`"]],
  async run(args, cli) {
    const name =
      args.name ?? cli.flags.context ?? (await pickContext(cli, "Open a shell with which context?"));
    const context = await requireStored(cli.store, name);
    await checkPins(cli, context);
    await confirmProtected(cli, [name], "open a shell with it");
    await warnOfExpiry(cli, context);
    const { env, output } = cli;
    const lost = variablesWithLostBytes(env);
    if (lost.length > 0) output.warn(`not UTF-8, so the shell gets another value: ${lost.join(", ")}`);
    const outer = env[SHELL_VARIABLE];
    const back = outer === undefined ? "" : `, back to the shell of "${outer}"`;
    output.info(`This shell uses the context "${name}" (${context.endpoint}); \`exit\` leaves it${back}`);
    await output.finish();
    return cli.execute({ argv: [cli.userShell], env: pinContext(env, name) });
  },
});
