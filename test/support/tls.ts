import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { afterSweep } from "./canaries.ts";
import { removeFolder } from "./posix.ts";

/** PEM texts, as `startCloud({ tls })` takes them. */
export interface Certificate {
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
  /** Another one for a server; of the authority, for the same hosts and for now when not said otherwise. */
  issue(wanted: Wanted): Promise<Certificate>;
  /** Another authority, signed by the first one or, with `isRoot`, by itself. */
  authority(name: string, wanted?: Wanted & { isRoot?: boolean }): Promise<Certificate>;
  /** Writes `ca.pem` to a temporary file and gives its path. */
  caFile(): string;
}

interface Wanted {
  hosts?: string[];
  fromDays?: number;
  toDays?: number;
  /** The authority that signs. */
  by?: Certificate;
  /** What the certificate may be used for: `serverAuth` when not given. */
  purpose?: "serverAuth" | "clientAuth";
}

const DAY_MS = 24 * 60 * 60 * 1000;
const HERE = ["localhost", "cloud.test"];

interface Validity {
  notBeforeDate: Date;
  notAfterDate: Date;
}

export async function makeCertificates(): Promise<Certificates> {
  const now = validity(-30, 30);
  const authority = await makeAuthority("Test Authority", now);
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
    issue: ({ hosts = HERE, fromDays = -30, toDays = 30, by = authority, ...purpose }) =>
      sign(by, { hosts, addresses: ["127.0.0.1"], valid: validity(fromDays, toDays), ...purpose }),
    authority: (name, { fromDays = -30, toDays = 30, isRoot = false } = {}) =>
      makeAuthority(name, validity(fromDays, toDays), isRoot ? undefined : authority),
    caFile: () => writeTemporary(authority.cert),
  };
}

function validity(fromDays: number, toDays: number): Validity {
  const day = (count: number) => new Date(Date.now() + count * DAY_MS);
  return { notBeforeDate: day(fromDays), notAfterDate: day(toDays) };
}

async function makeAuthority(name: string, valid: Validity, by?: Certificate): Promise<Certificate> {
  const made = await generate([{ name: "commonName", value: name }], {
    ...valid,
    keyType: "ec",
    algorithm: "sha256",
    ...(by && { ca: by }),
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
  purpose?: "serverAuth" | "clientAuth";
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
      { name: "extKeyUsage", [subject.purpose ?? "serverAuth"]: true },
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
  afterSweep(() => removeFolder(directory));
  const path = join(directory, "ca.pem");
  writeFileSync(path, pem);
  return path;
}
