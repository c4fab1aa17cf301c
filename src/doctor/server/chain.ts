import type { Cli } from "../../app.ts";
import type { Check, Finding } from "../check.ts";
import { quietly } from "../quiet.ts";
import { clock } from "./clock.ts";
import { dns } from "./dns.ts";
import { endpoint } from "./endpoint.ts";
import { failureOf } from "./failure.ts";
import { expiry } from "./expiry.ts";
import { proxy } from "./proxy.ts";
import { scope } from "./scope.ts";
import { tcp } from "./tcp.ts";
import { tls } from "./tls.ts";
import { token } from "./token.ts";
import { beginVisit, type Visit } from "./visit.ts";

/** A check that builds on those before it. */
export interface Link {
  id: string;
  look(cli: Cli, visit: Visit): Promise<Finding | undefined>;
}

const LINKS: readonly Link[] = [proxy, dns, tcp, tls, endpoint, clock, token, scope, expiry];

/**
 * The way to the active context's server, one step after the other: behind the first that fails the others have
 * nothing to say, because they would only say the same again.
 */
export function visitServer(options: { insecureHttp: boolean }): Check[] {
  let begun: Promise<Visit | Finding> | undefined;
  let hasFailed = false;
  return LINKS.map((link) => ({
    id: link.id,
    async look(cli) {
      if (hasFailed) return undefined;
      const visit = await (begun ??= beginVisit(quietly(cli), options));
      if ("status" in visit) return link === endpoint ? visit : undefined;
      // What throws has failed, too.
      hasFailed = true;
      const finding = await link.look(quietly(cli), visit).catch(failureOf);
      hasFailed = finding?.status === "fail";
      return finding;
    },
  }));
}
