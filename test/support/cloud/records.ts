import { randomBytes, randomInt } from "node:crypto";
import { registerCanary } from "../canaries.ts";

/** The records of the server: users, organizations, API tokens and login codes, all in memory. */

export type Dialect = "bentocloud" | "yatai";

export interface User {
  uid: string;
  createdAt: Date;
  email: string;
  name: string;
  /** Null for a user whom nobody has added to an organization yet. */
  organization: Organization | null;
}

export interface Organization {
  uid: string;
  createdAt: Date;
  name: string;
}

export interface ApiToken {
  uid: string;
  createdAt: Date;
  updatedAt: Date;
  name: string;
  description: string;
  /** The secret itself. */
  value: string;
  /** Null when it was created with `scopes: null`, which Yatai stores as it is. */
  scopes: string[] | null;
  expiredAt: Date | null;
  lastUsedAt: Date | null;
  user: User;
  /** Null for a user without an organization. */
  organization: Organization | null;
}

export interface Deployment {
  uid: string;
  createdAt: Date;
  name: string;
  status: string;
  creator: User;
  organization: Organization;
}

export interface NewUser {
  email: string;
  /** The part of the e-mail before the `@` when not given. */
  name?: string;
  /** `acme` when not given; null for none. Created when it does not exist. */
  organization?: string | null;
}

export interface NewToken {
  /** `me@example.test` when not given; the user is created when there is none. */
  email?: string;
  /** The user's own when not given. */
  organization?: string;
  name?: string;
  description?: string;
  /** `["api"]` when not given. */
  scopes?: string[] | null;
  expiresAt?: Date | string | null;
  /** Now when not given. The secret contains it. */
  createdAt?: Date;
}

export interface Records {
  readonly dialect: Dialect;
  readonly users: User[];
  readonly organizations: Organization[];
  /** Newest last. */
  readonly tokens: ApiToken[];
  /** Newest last. */
  readonly deployments: Deployment[];
  /** Login codes and the token each has been approved with. */
  readonly codes: Map<string, { token: ApiToken | null }>;
}

const DEFAULT_EMAIL = "me@example.test";
const DEFAULT_ORGANIZATION = "acme";

export function createRecords(dialect: Dialect): Records {
  return { dialect, users: [], organizations: [], tokens: [], deployments: [], codes: new Map() };
}

export function addUser(
  records: Records,
  { email, name, organization = DEFAULT_ORGANIZATION }: NewUser,
): User {
  if (records.users.some((user) => user.email === email)) throw new Error(`there is already a user ${email}`);
  const user: User = {
    uid: newUid(),
    createdAt: new Date(),
    email,
    name: name ?? email.replace(/@.*/, ""),
    organization: organization === null ? null : organizationNamed(records, organization),
  };
  records.users.push(user);
  return user;
}

function organizationNamed(records: Records, name: string): Organization {
  const known = records.organizations.find((organization) => organization.name === name);
  if (known !== undefined) return known;
  const organization = { uid: newUid(), createdAt: new Date(), name };
  records.organizations.push(organization);
  return organization;
}

export function addToken(records: Records, wanted: NewToken = {}): ApiToken {
  const email = wanted.email ?? DEFAULT_EMAIL;
  const user =
    records.users.find((known) => known.email === email) ??
    addUser(records, {
      email,
      ...(wanted.organization === undefined ? {} : { organization: wanted.organization }),
    });
  const now = wanted.createdAt ?? new Date();
  const token: ApiToken = {
    uid: newUid(),
    createdAt: now,
    updatedAt: now,
    name: wanted.name ?? `token-${records.tokens.length + 1}`,
    description: wanted.description ?? "",
    value: registerCanary(newTokenValue(now)),
    scopes: wanted.scopes === undefined ? ["api"] : wanted.scopes,
    expiredAt: wanted.expiresAt == null ? null : new Date(wanted.expiresAt),
    lastUsedAt: null,
    user,
    organization:
      wanted.organization === undefined ? user.organization : organizationNamed(records, wanted.organization),
  };
  records.tokens.push(token);
  return token;
}

export function removeToken(records: Records, token: ApiToken): void {
  records.tokens.splice(records.tokens.indexOf(token), 1);
}

export interface NewDeployment {
  /** `deployment-1` and so on when not given. */
  name?: string;
  creator: User;
  organization: Organization;
}

export function addDeployment(records: Records, { name, creator, organization }: NewDeployment): Deployment {
  const deployment = {
    uid: newUid(),
    createdAt: new Date(),
    name: name ?? `deployment-${records.deployments.length + 1}`,
    status: "running",
    creator,
    organization,
  };
  records.deployments.push(deployment);
  return deployment;
}

/** 25 characters of lower-case hexadecimal, as the real server's. */
function newUid(): string {
  return randomBytes(13).toString("hex").slice(0, 25);
}

export function newCode(records: Records): string {
  const code = randomBytes(16).toString("hex");
  records.codes.set(code, { token: null });
  return code;
}

const BASE32_HEX = "0123456789abcdefghijklmnopqrstuv";
const MACHINE_AND_PROCESS = randomBytes(5);
let counter = randomInt(2 ** 24);

/** An xid: four bytes of time, five of machine and process, three of a counter. Neighbours differ only at the end. */
function newTokenValue(time: Date): string {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(Math.floor(time.getTime() / 1000), 0);
  MACHINE_AND_PROCESS.copy(bytes, 4);
  counter = (counter + 1) % 2 ** 24;
  bytes.writeUIntBE(counter, 9, 3);
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits
    .padEnd(100, "0")
    .match(/.{5}/g)!
    .map((five) => BASE32_HEX[Number.parseInt(five, 2)])
    .join("");
}
