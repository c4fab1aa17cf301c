import { reasonFor } from "../../cloud/transport.ts";
import { CliError } from "../../errors.ts";
import { codeOf } from "../../system/storage-error.ts";
import { isAddress, resolveHost, timeConnection } from "../../system/network.ts";
import { type Check, fail, ok } from "../check.ts";
import { list, open, secret, type Text, text } from "../report.ts";
import { hostOf, portOf } from "./route.ts";
import type { Target } from "./target.ts";

/** The proxy that requests to this server take, if they take one. */
export const proxy: Check<Target> = {
  id: "proxy",
  async run({ route, host, patience }) {
    if (route.kind === "direct") return undefined;
    const variable = open(route.variable);
    if (route.kind === "exempt") {
      const exemption = open(route.exemption);
      return ok(text`${variable} is set, and ${exemption} keeps ${secret("host", host)} away from it`);
    }
    const { address } = route;
    if (!address)
      return fail(
        text`${variable} names no proxy that can be used`,
        text`set ${variable} to an address that starts with http:// or https://, or unset it`,
      );
    const shown = secret("proxy", `${address.protocol}//${address.host}`);
    const credentials = open(address.username + address.password && ", with a name and password,");
    try {
      const ms = Math.ceil(await timeConnection(hostOf(address), portOf(address), patience));
      return ok(text`requests go through ${shown}${credentials} (${variable}), which answers in ${ms} ms`);
    } catch (error) {
      const hint = text`correct ${variable}, unset it, or name the host in NO_PROXY`;
      return fail(text`the proxy ${shown} (${variable}) cannot be reached: ${reasonOf(error)}`, hint);
    }
  },
};

/** The addresses of the server's name. */
export const dns: Check<Target> = {
  id: "dns",
  async run({ route, host, patience }) {
    if (route.kind === "proxy") return undefined;
    const name = secret("host", host);
    if (isAddress(host)) return ok(text`${name} is an address, and needs no name server`);
    try {
      const addresses = (await resolveHost(host, patience)).map((address) => secret("address", address));
      const place = open(/(^|\.)localhost\.?$/.test(host) ? "this machine: " : "");
      return ok(text`${name} is ${place}${list(addresses, { most: 4 })}`);
    } catch (error) {
      const hint = text`check the host name in the endpoint, and the network`;
      return fail(text`${name} cannot be found: ${reasonOf(error)}`, hint);
    }
  },
};

/** Whether a connection can be opened. */
export const tcp: Check<Target> = {
  id: "tcp",
  async run({ route, host, port, patience }) {
    if (route.kind === "proxy") return undefined;
    const place = text`port ${port} of ${secret("host", host)}`;
    try {
      return ok(text`${place} answers in ${Math.ceil(await timeConnection(host, port, patience))} ms`);
    } catch (error) {
      const hint = text`check the port of the endpoint, firewalls on the way, and whether a proxy is needed (HTTPS_PROXY)`;
      return fail(text`no connection to ${place}: ${reasonOf(error)}`, hint);
    }
  },
};

/** Why a part of a connection failed, with the system's code. */
export function reasonOf(error: unknown): Text {
  // With several addresses there is one error for each.
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  if (cause instanceof CliError) throw cause;
  const code = codeOf(cause) || codeOf(error);
  return open(code === "" ? reasonFor(code) : `${reasonFor(code)} (${code})`);
}
