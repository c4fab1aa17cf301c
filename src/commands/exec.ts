import { command } from "../cli/command.ts";
import { usageError } from "../errors.ts";
import { warnOfExpiry } from "../auth/expiry.ts";
import { confirmProtected } from "../auth/confirm-protected.ts";
import { openCheckedSession, openSession, openUnpinnedSession } from "../auth/session.ts";
import {
  credentialEnvironment,
  environmentWith,
  refuseLostBytes,
  variablesWithLostBytes,
} from "../auth/credential-environment.ts";
import { GUARD_ARGS, REQUEST_ARGS } from "./_args.ts";

export const exec = command({
  name: "exec",
  description: "Run a program with exactly the active credentials in its environment",
  args: {
    check: {
      type: "boolean",
      description: "Ask the server first, and run nothing when the token does not work",
    },
    ...GUARD_ARGS,
    ...REQUEST_ARGS,
  },
  rest: "command",
  examples: [
    ["bentocloud exec -- bentoml deployment list", "as the active context"],
    ["bentocloud exec --context prod -- ./deploy.sh", "as another one"],
  ],
  async run(args, cli, { rest }) {
    const [program, ...words] = rest;
    if (program === undefined || program === "")
      throw usageError("which program? put it behind `--`", "bentocloud exec -- bentoml deployment list");
    refuseLostBytes(rest);
    const { active } = await openUnpinnedSession(cli);
    await confirmProtected(cli, active, { yes: args.yes, intent: `run ${program}` });
    const options = { insecureHttp: args["insecure-http"] ?? false };
    const session = args.check
      ? (await openCheckedSession(cli, options)).session
      : await openSession(cli, options);
    await warnOfExpiry(cli, session.context);
    const lost = variablesWithLostBytes(cli.env);
    if (lost.length > 0)
      cli.output.warn(`not UTF-8 text, and so changed for the program: ${lost.join(", ")}`);
    const env = environmentWith(cli.env, credentialEnvironment(session));
    await cli.output.finish();
    return cli.execute({ words: [program, ...words], env });
  },
});
