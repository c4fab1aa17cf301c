import type { Link } from "./chain.ts";
import { hostOf, patienceOf, reasonOf } from "./reach.ts";

const MOST_SHOWN = 4;

/** What the server's name stands for. */
export const dns: Link = {
  id: "dns",
  async look(cli, { url, isProxied }) {
    if (isProxied) return undefined;
    const { isAddress, resolveHost } = await import("../../system/network.ts");
    const host = hostOf(url);
    if (isAddress(host)) return { status: "ok", message: `${host} is an address, and needs no name server` };
    try {
      const addresses = await resolveHost(host, patienceOf(cli));
      const rest = addresses.length - MOST_SHOWN;
      const shown = addresses.slice(0, MOST_SHOWN).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
      const isHere = /(^|\.)localhost\.?$/.test(host);
      return { status: "ok", message: `${host} is ${isHere ? "this machine: " : ""}${shown}` };
    } catch (error) {
      return {
        status: "fail",
        message: `${host} cannot be found: ${reasonOf(error)}`,
        hint: "check the host name in the endpoint, and the network",
      };
    }
  },
};
