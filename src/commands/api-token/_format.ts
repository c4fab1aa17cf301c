import type { ApiToken } from "../../cloud/api-token.ts";
import type { Listed } from "../../tokens/list.ts";
import type { Tone } from "../../system/paint.ts";
import { cap } from "../../system/text.ts";
import { showWhen } from "../../system/time.ts";
import { option } from "../../cli/command.ts";

export const TOKEN = {
  type: "positional",
  required: true,
  valueHint: "api-token",
  description: "Its UID or exact name",
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

const SOON_MS = 7 * 86_400_000;

export function showExpiry(
  { expiresAt }: Pick<ApiToken, "expiresAt">,
  now: Date,
): { text: string; tone: Tone } {
  if (expiresAt === null) return { text: "never", tone: "dim" };
  const left = expiresAt.getTime() - now.getTime();
  const tone: Tone = left <= 0 ? "bad" : left <= SOON_MS ? "warning" : "good";
  return { text: showWhen(expiresAt, now), tone };
}
