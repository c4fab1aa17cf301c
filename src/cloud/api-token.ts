import type { CliError } from "../errors.ts";
import { fieldOf } from "./answer.ts";
import { notBentoCloud } from "./refusal.ts";

/** An API token as the server lists it: without its secret. */
export interface ApiToken {
  uid: string;
  name: string;
  description: string;
  /** Null when it was created with `scopes: null`; Yatai then fails when asked for its organization. */
  scopes: string[] | null;
  createdAt: Date | null;
  /** Null when it never expires. */
  expiresAt: Date | null;
  /** Null when it was never used, or the server does not tell. */
  lastUsedAt: Date | null;
  /** The user's e-mail, or else name. */
  user: string | null;
  /** Fields that only BentoCloud sends, for example whether the token belongs to the organization. */
  flags: Record<string, boolean>;
}

/** @throws CliError when the item is not an API token. */
export function readToken(endpoint: string, item: unknown): ApiToken {
  const text = (key: string) => {
    const value = fieldOf(item, key);
    return typeof value === "string" ? value : undefined;
  };
  const [uid, name, scopes] = [text("uid"), text("name"), fieldOf(item, "scopes")];
  if (!uid || name === undefined) throw otherShape(endpoint);
  return {
    uid,
    name,
    description: text("description") ?? "",
    scopes: Array.isArray(scopes) ? scopes.map(String) : null,
    createdAt: readTime(text("created_at")),
    expiresAt: readTime(text("expired_at")),
    lastUsedAt: readTime(text("last_used_at")),
    user: readUser(fieldOf(item, "user")),
    flags: readFlags(item),
  };
}

function readUser(user: unknown): string | null {
  const [email, name] = [fieldOf(user, "email"), fieldOf(user, "name")];
  if (typeof email === "string" && email !== "") return email;
  return typeof name === "string" ? name : null;
}

const FLAGS = ["is_api_token", "is_organization_token", "is_global_access"];

function readFlags(item: unknown): Record<string, boolean> {
  const said = FLAGS.map((key) => [key, fieldOf(item, key)] as const);
  return Object.fromEntries(said.filter((one): one is [string, boolean] => typeof one[1] === "boolean"));
}

/** Go writes up to nine decimals of a second, and the year 1 for no time. */
function readTime(text: string | undefined): Date | null {
  const time = new Date((text ?? "").replace(/(\.\d{3})\d+/, "$1"));
  return Number.isNaN(time.getTime()) || time.getUTCFullYear() <= 1 ? null : time;
}

export function otherShape(endpoint: string): CliError {
  return notBentoCloud(endpoint, "JSON of another shape");
}
