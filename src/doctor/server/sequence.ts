import { type Check, type Finding, toFinding } from "../check.ts";
import { proxy, tcp } from "./connection-checks.ts";
import { clock, endpoint } from "./version-checks.ts";
import { findTarget, type Target } from "./asked-server.ts";
import { tls } from "./tls-check.ts";
import { expiry, scope, token } from "./token-checks.ts";

/** The steps to the server, in order. */
const SEQUENCE: readonly Check<Target>[] = [proxy, tcp, tls, endpoint, clock, token, scope, expiry];

/** Each step needs those before it, so the sequence ends at the first failure. */
export function serverChecks(): Check[] {
  let found: Promise<Target | Finding> | undefined;
  let hasFailed = false;
  return SEQUENCE.map(({ id, run }) => ({
    id,
    async run(cli) {
      if (hasFailed) return undefined;
      const toAdvised = async (error: unknown) => toFinding(await cli.advise(error));
      const target = await (found ??= findTarget(cli).catch(toAdvised));
      if ("status" in target) return id === "endpoint" ? target : undefined;
      const finding = await run(target).catch(toAdvised);
      hasFailed = finding?.status === "fail";
      return finding;
    },
  }));
}
