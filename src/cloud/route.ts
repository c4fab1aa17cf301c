import { isLoopback } from "../contexts/endpoint.ts";
import { CliError } from "../errors.ts";
import { addressBits, portOf } from "../system/address.ts";
import type { Route } from "../system/upstream-proxy.ts";
import type { Environment } from "../system/runtime.ts";

/**
 * The route that a request takes: the only place that reads the proxy variables. The sender follows it, `doctor` and
 * errors name it. The variables mean what they mean to curl, and `NO_PROXY` may also have ports and subnets. As in Go's
 * programs, no variable applies to this machine.
 *
 * @throws CliError `UNREACHABLE` when the proxy that applies cannot be used: a direct connection could go around a rule
 * of the network.
 */
export function routeOf(url: URL, env: Environment): Route {
  if (isLoopback(url.href)) return { kind: "direct" };
  const scheme = url.protocol.slice(0, -1);
  const variable = findVariable(env, [`${scheme}_proxy`, "all_proxy"]);
  if (variable === undefined) return { kind: "direct" };
  const exemption = findVariable(env, ["no_proxy"]);
  const entries = exemption === undefined ? [] : (env[exemption] ?? "").split(/[\s,]+/);
  if (entries.some((entry) => exempts(entry, url))) return { kind: "direct", variable, exemption };
  return { kind: "proxy", variable, proxy: parseProxy(variable, env[variable] ?? "") };
}

/** The first of these variables that is set, by either spelling. On Windows it is found in any case: as it was written. */
function findVariable(env: Environment, names: readonly string[]): string | undefined {
  const found = names.flatMap((name) => [name, name.toUpperCase()]).find((name) => env[name]);
  const written = Object.keys(env).filter((name) => name.toLowerCase() === found?.toLowerCase());
  return found === undefined || written.includes(found) ? found : written[0];
}

/** No error repeats the value, because it may hold a password. */
function parseProxy(variable: string, value: string): URL {
  const text = value.trim();
  const [scheme = "http"] = /^[a-z][a-z0-9+.-]*(?=:\/\/)/i.exec(text) ?? [];
  const refuse = (why: string) =>
    new CliError("UNREACHABLE", `${variable} names no proxy that can be used: ${why}`, {
      hint: `set ${variable} to http://HOST:PORT, unset it, or name the host of the endpoint in NO_PROXY`,
    });
  if (/^socks/i.test(scheme)) throw refuse("SOCKS is not supported");
  if (!/^https?$/i.test(scheme)) throw refuse("it starts neither with http:// nor with https://");
  // With an unescaped slash in the password, `new URL` would take the user name for the host.
  const isAuthority = /^([a-z]+:\/\/)?[^\s/\\?#]+\/?$/i.test(text);
  const url = isAuthority ? URL.parse(text.includes("://") ? text : `http://${text}`) : null;
  const isNamed = /^(?:[\w.-]+|\[[\da-f:.]+\])$/i.test(url?.hostname ?? "");
  if (!url || !isNamed || url.port === "0") throw refuse("its value is not an address");
  return url;
}

/** Whether an entry of `NO_PROXY` names the host of a URL: itself, a domain above it, a subnet around it, or `*`. */
function exempts(entry: string, url: URL): boolean {
  if (entry === "*") return true;
  // An IPv6 address needs brackets only before a port.
  const isBareIPv6 = !entry.startsWith("[") && entry.split(":").length > 2;
  const [, place = "", port] = isBareIPv6
    ? [entry, entry]
    : (/^((?:\[[^\]]*\])?[^:]*)(?::(\d+))?$/.exec(entry) ?? []);
  if (port !== undefined && Number(port) !== portOf(url)) return false;
  const [base = "", bits] = place.split("/");
  const address = addressBits(url.hostname);
  if (address !== undefined) return isInSubnet(address, base, bits);
  return bits === undefined && isInDomain(url.hostname, base);
}

function isInSubnet(address: string, base: string, bits: string | undefined): boolean {
  const network = addressBits(hostnameOf(base.includes(":") && !base.startsWith("[") ? `[${base}]` : base));
  const length = bits === undefined ? address.length : Number(bits || Number.NaN);
  if (network?.length !== address.length || !(length <= address.length)) return false;
  return network.startsWith(address.slice(0, length));
}

function isInDomain(hostname: string, base: string): boolean {
  const host = hostname.replace(/\.$/, "");
  const domain = hostnameOf(base.replace(/^\*?\.+/, "")).replace(/\.$/, "");
  return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}

/** A host as it stands in URLs: in small letters, and in ASCII. */
function hostnameOf(host: string): string {
  return URL.parse(`http://${host}`)?.hostname ?? "";
}
