import { command, flag, option } from "../cli/command.ts";
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
import { parseDuration } from "../system/time.ts";
import { parseScopes } from "../tokens/fields.ts";
import { REQUEST_ARGS, YES } from "./_args.ts";

export const exec = command({
  name: "exec",
  description: "Run a program with exactly the active credentials in its environment",
  section: "Use",
  args: {
    check: flag("Ask the server first; do not run the program if the token does not work"),
    proxy: flag("Give the program a throwaway key for a local proxy, not the API token"),
    "read-only": flag("With --proxy: let only requests pass that change nothing"),
    lease: option("duration", "With --proxy, experimental: use an API token that is made for this run"),
    scope: option("scope", "A scope of that token (repeatable; default: api)"),
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
    await refusePythonLogin(cli, rest);
    const behind = readProxyOptions(args, given.all("scope"));
    const { active } = await openUnpinnedSession(cli);
    await confirmActive(cli, active, `run ${program} with it`);
    const session = args.check ? (await openCheckedSession(cli)).session : await openSession(cli);
    await warnOfExpiry(cli, session.context);
    const lost = variablesWithLostBytes(cli.env);
    if (lost.length > 0) cli.output.warn(`not UTF-8, so the program gets another value: ${lost.join(", ")}`);
    if (behind) {
      const { deleteOrphanedLeases } = await import("../tokens/lease.ts");
      await deleteOrphanedLeases(cli, session);
      const { execBehindProxy } = await import("../proxy/exec-behind-proxy.ts");
      return execBehindProxy(cli, session, { argv: [program, ...words], ...behind });
    }
    const env = environmentWith(cli.env, credentialEnvironment(session));
    await cli.output.finish();
    return cli.execute({ argv: [program, ...words], env });
  },
});

interface ProxyArgs {
  proxy: boolean;
  "read-only": boolean;
  lease: string | undefined;
}

/** Undefined without --proxy. */
function readProxyOptions({ proxy, lease, ...args }: ProxyArgs, scopes: readonly string[]) {
  const examples = {
    "--read-only": args["read-only"] && "--read-only",
    "--lease": lease !== undefined && `--lease ${lease}`,
    "--scope": scopes.length > 0 && `--lease 1h --scope ${scopes[0]}`,
  };
  const stray = Object.entries(examples).find(([, example]) => example !== false);
  if (!proxy && stray)
    throw usageError(`${stray[0]} is for --proxy`, `bentocloud exec --proxy ${stray[1]} -- agent`);
  if (lease === undefined && scopes.length > 0)
    throw usageError("--scope is for --lease", `bentocloud exec --proxy ${examples["--scope"]} -- agent`);
  if (!proxy) return undefined;
  const lifeMs = lease === undefined ? undefined : parseDuration(lease, "--lease");
  const parsed = parseScopes(scopes, { force: true });
  return {
    isReadOnly: args["read-only"],
    lease: lifeMs === undefined ? undefined : { lifeMs, scopes: parsed },
  };
}
