import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { afterSweep } from "./canaries.ts";

/** PEM texts, as `startCloud({ tls })` takes them. */
interface Certificate {
  key: string;
  cert: string;
}

export interface Certificates {
  /** The authority that signed all but the self-signed one. */
  ca: string;
  /** For localhost, 127.0.0.1 and cloud.test. */
  leaf: Certificate;
  /** For the same hosts, valid until yesterday. */
  expired: Certificate;
  /** For elsewhere.test only. */
  otherHost: Certificate;
  /** For the same hosts, by nobody but itself. */
  selfSigned: Certificate;
  /** Another one of the authority's; for the same hosts and now when not said otherwise. */
  issue(wanted: { hosts?: string[]; fromDays?: number; toDays?: number }): Promise<Certificate>;
  /** Writes `ca.pem` to a temporary file and gives its path. */
  caFile(): string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const HERE = ["localhost", "cloud.test"];

interface Validity {
  notBeforeDate: Date;
  notAfterDate: Date;
}

export async function makeCertificates(): Promise<Certificates> {
  const now = validity(-30, 30);
  const authority = await makeAuthority(now);
  const [leaf, expired, otherHost, selfSigned] = await Promise.all([
    sign(authority, { hosts: HERE, addresses: ["127.0.0.1"], valid: now }),
    sign(authority, { hosts: HERE, addresses: ["127.0.0.1"], valid: validity(-20, -1) }),
    sign(authority, { hosts: ["elsewhere.test"], addresses: [], valid: now }),
    sign(undefined, { hosts: HERE, addresses: ["127.0.0.1"], valid: now }),
  ]);
  return {
    ca: authority.cert,
    leaf,
    expired,
    otherHost,
    selfSigned,
    issue: ({ hosts = HERE, fromDays = -30, toDays = 30 }) =>
      sign(authority, { hosts, addresses: ["127.0.0.1"], valid: validity(fromDays, toDays) }),
    caFile: () => writeTemporary(authority.cert),
  };
}

function validity(fromDays: number, toDays: number): Validity {
  const day = (count: number) => new Date(Date.now() + count * DAY_MS);
  return { notBeforeDate: day(fromDays), notAfterDate: day(toDays) };
}

async function makeAuthority(valid: Validity): Promise<Certificate> {
  const made = await generate([{ name: "commonName", value: "Test Authority" }], {
    ...valid,
    keyType: "ec",
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return { key: made.private, cert: made.cert };
}

interface Subject {
  hosts: string[];
  addresses: string[];
  valid: Validity;
}

async function sign(authority: Certificate | undefined, subject: Subject): Promise<Certificate> {
  const made = await generate([{ name: "commonName", value: subject.hosts[0]! }], {
    ...subject.valid,
    keyType: "ec",
    algorithm: "sha256",
    ...(authority && { ca: authority }),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          ...subject.hosts.map((value) => ({ type: 2 as const, value })),
          ...subject.addresses.map((ip) => ({ type: 7 as const, ip })),
        ],
      },
    ],
  });
  return { key: made.private, cert: made.cert };
}

function writeTemporary(pem: string): string {
  const directory = mkdtempSync(join(tmpdir(), "bentocloud-ca-"));
  afterSweep(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, "ca.pem");
  writeFileSync(path, pem);
  return path;
}
