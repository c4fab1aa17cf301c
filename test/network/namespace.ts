import { join } from "node:path";
import { home } from "../support/bin.ts";
import { writeBelow } from "../store/fixture.ts";
import { afterSweep } from "../support/canaries.ts";
import type { Certificate } from "../support/tls.ts";

/** Whether the programs that make a network namespace are installed, and this user may make one. */
export const canMakeNetwork =
  ["unshare", "nsenter", "ip"].every((name) => Bun.which(name) !== null) &&
  Bun.spawnSync(["unshare", "-nm", "ip", "link", "set", "lo", "up"]).success;

export interface Network {
  /** Put before a command line, runs the command in this network. */
  prefix: string[];
}

interface Wanted {
  addresses: readonly string[];
  /** The text of its hosts file. */
  hosts: string;
  /** For the proxy with https. */
  certificate: Certificate;
}

/** An isolated network with the servers of `namespace-server.ts`. */
export async function makeNetwork({ addresses, hosts, certificate }: Wanted): Promise<Network> {
  const file = writeBelow(home().path, "hosts", hosts);
  const script = [
    "ip link set lo up",
    ...addresses.map((address) => `ip addr add ${address} dev lo`),
    `mount --bind ${file} /etc/hosts`,
    `exec "$0" "$1"`,
  ].join(" && ");
  const server = join(import.meta.dirname, "namespace-server.ts");
  const child = Bun.spawn(["unshare", "-nm", "sh", "-c", script, process.execPath, server], {
    env: { ...process.env, CERTIFICATE: JSON.stringify(certificate) },
    stdout: "pipe",
    stderr: "inherit",
  });
  afterSweep(() => child.kill("SIGKILL"));
  const { value } = await child.stdout.getReader().read();
  if (!value) throw new Error("the network has no server");
  return { prefix: ["nsenter", "-t", String(child.pid), "-n", "-m", "--"] };
}
