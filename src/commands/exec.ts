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
import { REQUEST_ARGS, YES } from "./_args.ts";

export const exec = command({
  name: "exec",
  description: "Run a program with exactly the active credentials in its environment",
  section: "Use",
  args: {
    check: flag("Ask the server first; do not run the program if the token does not work"),
    proxy: flag("Give the program a throwaway key for a local proxy, not the API token"),
    "read-only": flag("With --proxy: let only requests pass that change nothing"),
    yes: YES,
    ...REQUEST_ARGS,
  },
  rest: "command",
  examples: [
    ["bentocloud exec -- bentoml deployment list", "as the active context"],
    ["bentocloud exec --context prod -- ./deploy.sh", "as another context"],
    ["bentocloud exec --proxy --read-only -- agent", "without the API token"],
  ],
  async run(args, cli, given) {
    const { rest } = given;
    const [program, ...words] = rest;
    if (program === undefined || program === "")
      throw usageError("which program? put it after `--`", "bentocloud exec -- bentoml deployment list");
    refuseLostBytes(rest);
    if (args["read-only"] && !args.proxy)
      throw usageError("--read-only is for --proxy", "bentocloud exec --proxy --read-only -- agent");
    const { active } = await openUnpinnedSession(cli);
    await confirmActive(cli, active, { yes: given.all("yes"), intent: `run ${program} with it` });
    const options = { insecureHttp: args["insecure-http"] };
    const session = args.check
      ? (await openCheckedSession(cli, options)).session
      : await openSession(cli, options);
    await warnOfExpiry(cli, session.context);
    const lost = variablesWithLostBytes(cli.env);
    if (lost.length > 0) cli.output.warn(`not UTF-8, so the program gets another value: ${lost.join(", ")}`);
    if (args.proxy) {
      const { execBehindProxy } = await import("../proxy/exec-behind-proxy.ts");
      const isReadOnly = args["read-only"];
      return execBehindProxy(cli, session, { argv: [program, ...words], isReadOnly, ...options });
    }
    const env = environmentWith(cli.env, credentialEnvironment(session));
    await cli.output.finish();
    return cli.execute({ argv: [program, ...words], env });
  },
});
