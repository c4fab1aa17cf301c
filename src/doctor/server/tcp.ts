import type { Link } from "./chain.ts";
import { hostOf, patienceOf, portOf, reasonOf } from "./reach.ts";

/** Whether anything listens there. */
export const tcp: Link = {
  id: "tcp",
  async look(cli, { url, isProxied }) {
    if (isProxied) return undefined;
    const { timeConnection } = await import("../../system/network.ts");
    const [host, port] = [hostOf(url), portOf(url)];
    try {
      const ms = await timeConnection(host, port, patienceOf(cli));
      return { status: "ok", message: `port ${port} of ${host} answers in ${Math.ceil(ms)} ms` };
    } catch (error) {
      return {
        status: "fail",
        message: `no connection to port ${port} of ${host}: ${reasonOf(error)}`,
        hint: "check the port of the endpoint, firewalls on the way, and whether a proxy is needed (HTTPS_PROXY)",
      };
    }
  },
};
