import { isLoopback } from "../../contexts/endpoint.ts";
import type { Environment } from "../../store/home.ts";
import type { Finding, Hidden } from "../check.ts";
import type { Link } from "./chain.ts";
import { hostOf, patienceOf, portOf, reasonOf } from "./reach.ts";

/** The proxy that requests to this server take, if they take one. */
export const proxy: Link = {
  id: "proxy",
  async look(cli, visit) {
    const { url } = visit;
    const found = findProxy(url, cli.env);
    // As the client has it: plain http to this machine goes straight there.
    if (!found || (url.protocol === "http:" && isLoopback(visit.endpoint))) return undefined;
    const { name, value } = found;
    const exempting = await findExemption(url, cli.env);
    if (exempting !== undefined)
      return { status: "ok", message: `${name} is set, and ${exempting} keeps ${url.hostname} away from it` };
    const address = parseProxy(value);
    if (!address)
      return {
        status: "fail",
        message: `${name} names no proxy that can be used`,
        hint: `set ${name} to an address that starts with http:// or https://, or unset it`,
      };
    visit.isProxied = true;
    const shown = `${address.protocol}//${address.host}`;
    const signIn = address.username + address.password === "" ? "" : ", with a name and password,";
    const hidden: Hidden = { proxy: [shown, address.host, hostOf(address)] };
    const { timeConnection } = await import("../../system/network.ts");
    try {
      const ms = await timeConnection(hostOf(address), portOf(address), patienceOf(cli));
      const message = `requests go through ${shown}${signIn} (${name}), which answers in ${Math.ceil(ms)} ms`;
      return { status: "ok", message, hidden };
    } catch (error) {
      return unreachable(name, shown, reasonOf(error), hidden);
    }
  },
};

function unreachable(name: string, shown: string, reason: string, hidden: Hidden): Finding {
  return {
    status: "fail",
    message: `the proxy ${shown} (${name}) cannot be reached: ${reason}`,
    hint: `correct ${name}, unset it, or name the host in NO_PROXY`,
    hidden,
  };
}

/** As Bun looks for it: the small letters first, then the variable for everything. */
function findProxy({ protocol }: URL, env: Environment): { name: string; value: string } | undefined {
  const small = [`${protocol.slice(0, -1)}_proxy`, "all_proxy"];
  const names = small.flatMap((name) => [name, name.toUpperCase()]);
  const name = names.find((one) => !/^(?:''|"")?$/.test(env[one] ?? ""));
  return name === undefined ? undefined : { name, value: env[name] ?? "" };
}

function parseProxy(value: string): URL | undefined {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  return url && /^https?:$/.test(url.protocol) && url.hostname !== "" ? url : undefined;
}

/** The variable with an entry for this host: itself, a domain above it, a subnet, or a star for all. */
async function findExemption(url: URL, env: Environment): Promise<string | undefined> {
  const name = ["no_proxy", "NO_PROXY"].find((one) => env[one]);
  if (name === undefined) return undefined;
  const { isInSubnet } = await import("../../system/network.ts");
  const host = hostOf(url);
  const matches = (entry: string) => {
    const [, domain = "", port] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
    const isMeant = (name: string) => name !== "" && (host === name || host.endsWith(`.${name}`));
    return (
      entry === "*" ||
      isMeant(entry.replace(/^\[(.*)\]$/, "$1")) ||
      (isMeant(domain) && (port === undefined || Number(port) === portOf(url))) ||
      isInSubnet(host, entry)
    );
  };
  const entries = (env[name] ?? "").toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => entry !== "" && matches(entry)) ? name : undefined;
}
