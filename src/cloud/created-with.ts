import type { Token } from "../contexts/token.ts";
import type { ApiToken } from "./api-token.ts";

/** How far the server's creation time can be from the whole second that is part of a secret. */
export const EARLY_MS = 1_000;
export const LATE_MS = 3_000;

/** Whether a listed API token was created when this secret was; undefined when one of the times is not known. */
export function wasCreatedWith({ createdAt }: ApiToken, secret: Token): boolean | undefined {
  const made = creationTimeIn(secret);
  if (made === undefined || createdAt === null) return undefined;
  const later = createdAt.getTime() - made;
  return later >= -EARLY_MS && later <= LATE_MS;
}

/** The listed API token that has the secret which the list was asked for with; undefined where several can be it. */
export function findCreatedWith(listed: readonly ApiToken[], secret: Token): ApiToken | undefined {
  const near = listed.filter((one) => wasCreatedWith(one, secret) === true);
  // The list itself is a use, so one that was never used is another.
  const candidates = near.length > 1 ? near.filter(({ lastUsedAt }) => lastUsedAt !== null) : near;
  return candidates.length === 1 ? candidates[0] : undefined;
}

/** In milliseconds. Secrets are xids: 96 bits in base 32, of which the first 32 are the second of their creation. */
export function creationTimeIn(secret: Token): number | undefined {
  const text = secret.reveal();
  if (!/^[0-9a-v]{19}[0g]$/.test(text)) return undefined;
  const bits = Array.from(text.slice(0, 7), (digit) =>
    Number.parseInt(digit, 32).toString(2).padStart(5, "0"),
  );
  return Number.parseInt(bits.join("").slice(0, 32), 2) * 1000;
}
