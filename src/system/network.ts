import { X509Certificate } from "node:crypto";
import { lookup } from "node:dns/promises";
import { BlockList, connect as connectTcp, isIP, type Socket } from "node:net";
import {
  connect as connectTls,
  type DetailedPeerCertificate,
  rootCertificates,
  type TLSSocket,
} from "node:tls";
import { cancelled } from "../errors.ts";

/**
 * The steps of a connection one by one, so that `doctor` can say which of them fails. No request is sent. Errors have
 * the system's code, and `ETIMEDOUT` when time ran out.
 */
export interface Patience {
  timeoutMs: number;
  signal: AbortSignal;
}

/** Every address of a host, IPv4 and IPv6. */
export async function resolveHost(host: string, patience: Patience): Promise<string[]> {
  const found = await inTime(patience, lookup(host, { all: true }));
  return [...new Set(found.map(({ address }) => address))];
}

export function isAddress(host: string): boolean {
  return isIP(host) !== 0;
}

/** Whether an address lies in a subnet such as `10.0.0.0/8`. */
export function isInSubnet(address: string, subnet: string): boolean {
  const [net = "", bits = ""] = subnet.split("/");
  const family = isIP(net);
  if (family === 0 || family !== isIP(address) || !/^\d{1,3}$/.test(bits)) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  try {
    list.addSubnet(net, Number(bits), type);
  } catch {
    return false;
  }
  return list.check(address, type);
}

/** How long a connection takes to open, in milliseconds. */
export async function timeConnection(host: string, port: number, patience: Patience): Promise<number> {
  const started = performance.now();
  await opened(connectTcp({ host, port }), "connect", patience, () => {});
  return performance.now() - started;
}

export interface Certificate {
  issuer: string;
  validFrom: Date;
  validTo: Date;
  /** Why it must not be trusted. */
  fault: "expired" | "not yet valid" | "wrong host" | "self-signed" | "unknown authority" | undefined;
  /** Whether a chain leads from it to an authority that comes with the runtime. */
  isPublic: boolean;
}

/** Reads a server's certificate, even one that must not be trusted; no request is sent on this connection. */
export async function inspectCertificate(
  host: string,
  port: number,
  patience: Patience,
): Promise<Certificate> {
  // Bun warns of NODE_TLS_REJECT_UNAUTHORIZED=0, which has no effect here.
  process.removeAllListeners("warning");
  const name = isAddress(host) ? {} : { servername: host };
  const socket = connectTls({ host, port, ...name, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
  return opened(socket, "secureConnect", patience, () => {
    const chain = chainOf(socket);
    const [leaf] = chain;
    if (!leaf) throw Object.assign(new Error("no certificate"), { code: "EPROTO" });
    return {
      issuer: nameOf(leaf.issuer),
      validFrom: new Date(leaf.validFrom),
      validTo: new Date(leaf.validTo),
      fault: socket.authorized ? undefined : faultOf(leaf, host),
      isPublic: isOfPublicAuthority(chain),
    };
  });
}

/** Checked here, because the runtimes name different faults first when a certificate has several. */
function faultOf(leaf: X509Certificate, host: string): NonNullable<Certificate["fault"]> {
  const now = Date.now();
  if (new Date(leaf.validTo).getTime() < now) return "expired";
  if (new Date(leaf.validFrom).getTime() > now) return "not yet valid";
  const isForHost = isAddress(host) ? leaf.checkIP(host) : leaf.checkHost(host);
  if (isForHost === undefined) return "wrong host";
  return leaf.issuer === leaf.subject ? "self-signed" : "unknown authority";
}

/** From the server's own certificate upward, each signed by the next. */
function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let shown: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (shown?.raw && chain.length < 10) {
    const next = new X509Certificate(shown.raw);
    const last = chain.at(-1);
    if (last && (last.fingerprint256 === next.fingerprint256 || !last.verify(next.publicKey))) break;
    chain.push(next);
    shown = shown.issuerCertificate;
  }
  return chain;
}

function isOfPublicAuthority(chain: readonly X509Certificate[]): boolean {
  const authorities = rootCertificates.map((pem) => new X509Certificate(pem));
  return chain.some((certificate) =>
    authorities.some(
      ({ subject, publicKey }) => subject === certificate.issuer && certificate.verify(publicKey),
    ),
  );
}

/** The common name, else the organization, else the whole text. */
function nameOf(issuer: string): string {
  const fields = new Map(
    issuer.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  return fields.get("CN") ?? fields.get("O") ?? issuer;
}

/** Calls `read` once the socket has had `event`, and closes the socket. */
async function opened<T>(
  socket: Socket,
  event: "connect" | "secureConnect",
  patience: Patience,
  read: () => T,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once(event, resolve);
  socket.on("error", reject);
  socket.once("close", () => reject(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
  try {
    await inTime(patience, promise);
    return read();
  } finally {
    socket.destroy();
  }
}

async function inTime<T>({ timeoutMs, signal }: Patience, act: Promise<T>): Promise<T> {
  const { promise: end, reject } = Promise.withResolvers<never>();
  const expire = () => reject(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" }));
  const cancel = () => reject(cancelled());
  const timer = setTimeout(expire, timeoutMs);
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) cancel();
  try {
    return await Promise.race([act, end]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", cancel);
  }
}
