import { describeFault, describeProxyFailure, reasonWithCode, showProxy } from "../../cloud/faults.ts";
import { CliError, requireCliError } from "../../errors.ts";
import { findUnusableAuthorities } from "../../system/authorities.ts";
import { inspectTls } from "../../system/certificate.ts";
import { timeConnection } from "../../system/network.ts";
import { type Check, fail, ok } from "../check.ts";
import { open, secret, type Text, text } from "../report.ts";
import type { Target } from "./asked-server.ts";

const DIRECT = { kind: "direct" } as const;

/** Checks the proxy on the route to this server, if there is one, and whether it connects to the server. */
export const proxy: Check<Target> = {
  id: "proxy",
  async run(target) {
    const { url, host, patience, cli } = target;
    const route = readRoute(target);
    if ("status" in route) return route;
    if (route.kind === "direct") {
      if (!route.variable || !route.exemption) return undefined;
      const [variable, exemption] = [open(route.variable), open(route.exemption)];
      return ok(text`${variable} is set, but ${exemption} exempts ${secret("host", host)}`);
    }
    const { proxy, variable } = route;
    try {
      const ms = Math.ceil(await timeConnection(url, route, patience));
      const credentials = open(proxy.username + proxy.password && " with a name and password");
      const shown = text`${secret("proxy", proxy.origin)}${credentials} (${open(variable)})`;
      return ok(text`requests go through ${shown}, which answers in ${ms} ms`);
    } catch (error) {
      if (error instanceof CliError) throw error;
      const isSecure = proxy.protocol === "https:";
      const seen = isSecure ? await inspectTls(proxy, DIRECT, patience).catch(() => undefined) : undefined;
      const { message, hint } = seen?.fault
        ? describeFault({ ...seen, fault: seen.fault }, showProxy(route), findUnusableAuthorities(cli.env))
        : describeProxyFailure(error, url, route);
      return fail(message, hint);
    }
  },
};

/** Reports may show an error about a proxy variable, because it never contains the value. */
function readRoute(target: Target) {
  try {
    return target.route;
  } catch (error) {
    const { message, hint = "" } = requireCliError(error);
    return fail(open(message), open(hint));
  }
}

/** Whether the server's name can be resolved, and a connection opened. */
export const tcp: Check<Target> = {
  id: "tcp",
  async run({ route, url, host, port, patience }) {
    if (route.kind === "proxy") return undefined;
    const place = text`port ${port} of ${secret("host", host)}`;
    try {
      return ok(text`${place} answers in ${Math.ceil(await timeConnection(url, DIRECT, patience))} ms`);
    } catch (error) {
      const hint = text`check host name and port of the endpoint, firewalls, and whether a proxy is needed (HTTPS_PROXY)`;
      return fail(text`no connection to ${place}: ${reasonOf(error)}`, hint);
    }
  },
};

export function reasonOf(error: unknown): Text {
  if (error instanceof CliError) throw error;
  return open(reasonWithCode(error));
}
