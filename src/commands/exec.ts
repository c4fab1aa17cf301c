import { command, flag } from "../cli/command.ts";
import { usageError } from "../errors.ts";
import { warnOfExpiry } from "../auth/expiry.ts";
import { confirmActive } from "../auth/confirm-protected.ts";
import { openCheckedSession, openSession, openUnpinnedSession } from "../auth/session.ts";
import {
  credentialEnvironment,
  environmentWith,
  refuseLostBytes,
  variablesWithLostBytes,
} from "../auth/credential-environment.ts";
import { refusePythonLogin } from "../auth/refuse-python-login.ts";
import { REQUEST_ARGS, YES } from "./_args.ts";

export const exec = command({
  name: "exec",
  description: "Run a program with exactly the active credentials in its environment",
  section: "Use",
  args: {
    check: flag("Ask the server first; do not run the program if the token does not work"),
    yes: YES,
    ...REQUEST_ARGS,
  },
  rest: "command",
  examples: [
    ["bentocloud exec -- bentoml deployment list", "as the active context"],
    ["bentocloud exec --context prod -- ./deploy.sh", "as another context"],
  ],
  async run(args, cli, given) {
    const { rest } = given;
    const [program, ...words] = rest;
    if (program === undefined || program === "")
      throw usageError("which program? put it after `--`", "bentocloud exec -- bentoml deployment list");
    refuseLostBytes(rest);
    await refusePythonLogin(cli, rest);
    const { active } = await openUnpinnedSession(cli);
    await confirmActive(cli, active, { yes: given.all("yes"), intent: `run ${program} with it` });
    const options = { insecureHttp: args["insecure-http"] };
    const session = args.check
      ? (await openCheckedSession(cli, options)).session
      : await openSession(cli, options);
    await warnOfExpiry(cli, session.context);
    const lost = variablesWithLostBytes(cli.env);
    if (lost.length > 0) cli.output.warn(`not UTF-8, so the program gets another value: ${lost.join(", ")}`);
    const env = environmentWith(cli.env, credentialEnvironment(session));
    await cli.output.finish();
    return cli.execute({ argv: [program, ...words], env });
  },
});
