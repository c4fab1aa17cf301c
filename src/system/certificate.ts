import { X509Certificate } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type DetailedPeerCertificate, rootCertificates, type TLSSocket } from "node:tls";
import { addressBits, hostOf } from "./address.ts";
import { hideUnusableAuthorities } from "./authorities.ts";
import { codeOf } from "./storage-error.ts";
import { openRoute, type Patience, ready, startTls, within } from "./network.ts";
import type { Route } from "./upstream-proxy.ts";

export type TlsFault =
  /** `authority` is the subject of the certificate; undefined when it is the server's own. */
  | { kind: "expired" | "not yet valid"; at: Date; authority: string | undefined }
  | { kind: "wrong host" | "self-signed" }
  /** `isSent` is whether the server sends the certificate of that authority. */
  | { kind: "unknown authority"; authority: string; isSent: boolean }
  | { kind: "untrusted"; code: string }
  | { kind: "not TLS" | "old version" | "client certificate" }
  | { kind: "refused"; code: string };

export interface Certificate {
  issuer: string;
  validFrom: Date;
  validTo: Date;
  /** Whether it leads to an authority that comes with the runtime. */
  isPublic: boolean;
}

export interface Inspection {
  /** Undefined when the handshake failed before the server sent it. */
  certificate: Certificate | undefined;
  fault: TlsFault | undefined;
}

/**
 * Inspects a server's TLS on a connection of its own, on which no request is sent. The certificate is read even when it
 * must not be trusted.
 */
export async function inspectTls(url: URL, route: Route, patience: Patience): Promise<Inspection> {
  hideUnusableAuthorities();
  return within(patience, async (signal) => {
    const connection = await openRoute(url, route, signal);
    const received = connection.bytesRead;
    const socket = startTls(connection, url, { rejectUnauthorized: false });
    try {
      await ready(socket, "secureConnect", signal);
      const inspection = judge(socket, url);
      if (!inspection.fault) await waitForRefusal(socket, signal);
      return inspection;
    } catch (error) {
      const fault = handshakeFault(codeOf(error), connection.bytesRead - received);
      if (!fault) throw error;
      return { certificate: undefined, fault };
    } finally {
      socket.destroy();
      connection.destroy();
    }
  });
}

const LONGEST_REFUSAL_MS = 250;

/**
 * With TLS 1.3 the client's handshake ends before the server checks for a client certificate. A server that wants none
 * usually sends a session at once.
 */
async function waitForRefusal(socket: TLSSocket, signal: AbortSignal): Promise<void> {
  if (socket.getProtocol() !== "TLSv1.3") return;
  socket.resume();
  await Promise.race([ready(socket, "session", signal), sleep(LONGEST_REFUSAL_MS)]);
}

/** In bytes. A server that has sent its certificate has sent more than this. */
const SHORTEST_CERTIFICATE = 300;

/** Reads the codes of OpenSSL, which every runtime uses. */
export function handshakeFault(code: string, received: number): TlsFault | undefined {
  if (/WRONG_VERSION_NUMBER|HTTP_REQUEST|PACKET_LENGTH/.test(code)) return { kind: "not TLS" };
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|WRONG_SSL_VERSION/.test(code)) return { kind: "old version" };
  // With TLS 1.2 the alert is also that for no common cipher, but a server sends that one before its certificate.
  const isLate = /HANDSHAKE_FAILURE/.test(code) && received > SHORTEST_CERTIFICATE;
  if (isLate || /CERTIFICATE_REQUIRED|(?:BAD|NO)_CERTIFICATE/.test(code))
    return { kind: "client certificate" };
  return /^ERR_SSL_|^EPROTO$/.test(code) ? { kind: "refused", code } : undefined;
}

function judge(socket: TLSSocket, url: URL): Inspection {
  const chain = chainOf(socket);
  const [leaf] = chain;
  if (!leaf) return { certificate: undefined, fault: { kind: "untrusted", code: "no certificate" } };
  const certificate = {
    issuer: nameIn(leaf.issuer),
    validFrom: new Date(leaf.validFrom),
    validTo: new Date(leaf.validTo),
    isPublic: isOfPublicAuthority(chain),
  };
  return { certificate, fault: socket.authorized ? undefined : certificateFault(chain, url, codeIn(socket)) };
}

/** Its type is an error, but at run time it is a code. */
function codeIn(socket: TLSSocket): string {
  return String(socket.authorizationError as unknown);
}

/** When a certificate has several faults, the runtimes report different ones, so we choose. */
function certificateFault(chain: readonly X509Certificate[], url: URL, code: string): TlsFault {
  const [leaf, last] = [chain[0]!, chain.at(-1)!];
  const untimely = chain.map((certificate, depth) => timeFault(certificate, depth)).find(Boolean);
  if (untimely?.authority === undefined && untimely) return untimely;
  const host = hostOf(url);
  const isForHost = addressBits(url.hostname) ? leaf.checkIP(host) : leaf.checkHost(host);
  if (isForHost === undefined) return { kind: "wrong host" };
  if (untimely) return untimely;
  const isRoot = last.issuer === last.subject;
  if (isRoot && last === leaf) return { kind: "self-signed" };
  if (/ISSUER|LEAF_SIGNATURE|SELF_SIGNED/.test(code))
    return { kind: "unknown authority", authority: nameIn(last.issuer), isSent: isRoot };
  return { kind: "untrusted", code };
}

function timeFault({ subject, validFrom, validTo }: X509Certificate, depth: number) {
  const authority = depth === 0 ? undefined : nameIn(subject);
  const [from, to] = [new Date(validFrom), new Date(validTo)];
  if (to.getTime() < Date.now()) return { kind: "expired", at: to, authority } as const;
  return from.getTime() > Date.now() ? ({ kind: "not yet valid", at: from, authority } as const) : undefined;
}

const LONGEST_CHAIN = 10;

/** From the server's own certificate upward, each signed by the next. */
function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let shown: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (shown?.raw && chain.length < LONGEST_CHAIN) {
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
function nameIn(subject: string): string {
  const fields = new Map(
    subject.split("\n").map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  return fields.get("CN") ?? fields.get("O") ?? subject;
}
