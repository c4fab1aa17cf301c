import { isLoopback } from "../../contexts/endpoint.ts";
import type { Environment } from "../../store/home.ts";
import { isInSubnet } from "../../system/network.ts";

/** How requests to a server travel. */
export type Route =
  | { kind: "direct" }
  /** `variable` names a proxy, and `exemption`, the name of another variable, exempts the host. */
  | { kind: "exempt"; variable: string; exemption: string }
  /** `address` is undefined where what the variable says cannot be used. */
  | { kind: "proxy"; variable: string; address: URL | undefined };

/** As Bun reads the environment, but plain http to this machine takes no proxy. */
export function findRoute(url: URL, env: Environment): Route {
  const variable = findVariable(url, env);
  if (variable === undefined || (url.protocol === "http:" && isLoopback(url.href))) return { kind: "direct" };
  const exemption = findExemption(url, env);
  if (exemption !== undefined) return { kind: "exempt", variable, exemption };
  return { kind: "proxy", variable, address: parseProxy(env[variable] ?? "") };
}

/** The variable of the scheme comes before that of every scheme, and small letters before capital ones. */
function findVariable({ protocol }: URL, env: Environment): string | undefined {
  const names = [`${protocol.slice(0, -1)}_proxy`, "all_proxy"].flatMap((name) => [name, name.toUpperCase()]);
  return names.find((name) => !/^(?:''|"")?$/.test(env[name] ?? ""));
}

function parseProxy(value: string): URL | undefined {
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`);
  return url && /^https?:$/.test(url.protocol) && url.hostname !== "" ? url : undefined;
}

/** The variable with an entry for this host: itself, a domain above it, a subnet, or a star for all. */
function findExemption(url: URL, env: Environment): string | undefined {
  const variable = ["no_proxy", "NO_PROXY"].find((name) => env[name]);
  const entries = (env[variable ?? ""] ?? "").toLowerCase().split(/[\s,]+/);
  const host = hostOf(url);
  const isWithin = (domain: string) => domain !== "" && (host === domain || host.endsWith(`.${domain}`));
  const matches = (entry: string) => {
    const [, domain = "", port] = /^\*?\.?(.*?)(?::(\d+))?$/.exec(entry) ?? [];
    return (
      entry === "*" ||
      isWithin(entry.replace(/^\[(.*)\]$/, "$1")) ||
      (isWithin(domain) && (port === undefined || Number(port) === portOf(url))) ||
      isInSubnet(host, entry)
    );
  };
  return entries.some((entry) => entry !== "" && matches(entry)) ? variable : undefined;
}

/** As sockets take it: an IPv6 address without its brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

export function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}
