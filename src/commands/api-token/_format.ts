import type { ApiToken } from "../../cloud/api-token.ts";
import type { Listed } from "../../tokens/list.ts";
import { cap } from "../../system/text.ts";
import { option } from "../../cli/command.ts";

export const TOKEN = {
  type: "positional",
  required: true,
  valueHint: "api-token",
  description: "Its UID or exact name",
} as const;

/** Without it, a person picks one. */
export const TOKEN_OR_PICK = {
  ...TOKEN,
  required: false,
  description: `${TOKEN.description} (default: pick from a list)`,
} as const;

export const SCOPE = option(
  "scope",
  "What it may do, repeatable: api (all), or read_, write_, operate_ organization or cluster",
);

export const DESCRIPTION = option("text", "What it is for");

export const EXPIRES = option("when", "When it expires: 12h, 30d, 2w, 2026-12-31 (0:00 UTC), or RFC 3339");

/** The keys are the JSON keys. */
export function toJson(token: ApiToken) {
  const time = (date: Date | null) => date?.toISOString() ?? null;
  return {
    uid: token.uid,
    name: token.name,
    description: token.description,
    scopes: token.scopes,
    user: token.user,
    created_at: time(token.createdAt),
    last_used_at: time(token.lastUsedAt),
    expires_at: time(token.expiresAt),
  };
}

export function toListedJson(token: Listed) {
  return { ...toJson(token), contexts: token.contexts, in_use: token.isInUse };
}

export function showScopes({ scopes }: ApiToken): string {
  return scopes === null ? "no scopes set" : scopes.join(", ") || "no scopes";
}

const LONGEST_SHOWN = 300;

/** Null when there is none. */
export function showDescription({ description }: Pick<ApiToken, "description">): string | null {
  return cap(description, LONGEST_SHOWN) || null;
}
