import { type Context, plainTokenOf, referenceOf } from "../contexts/context.ts";
import type { Token } from "../contexts/token.ts";
import { hasRecords } from "../secrets/has-records.ts";
import { readRecords, tokenFingerprint } from "../secrets/records.ts";
import type { Paths } from "../store/paths.ts";

/** Tells whether a context has this token, in the file or in another store. Asks no store. */
export function holdsToken({ own }: Paths, token: Token): (context: Context) => boolean {
  const ids = new Set(recordsOf(own, token).map(({ id }) => id));
  return (context) =>
    plainTokenOf(context)?.reveal() === token.reveal() || ids.has(referenceOf(context) ?? "");
}

/** Whether another store may have this token. Asks no store. */
export function holdsRecord({ own }: Paths, token: Token): boolean {
  return recordsOf(own, token).length > 0;
}

function recordsOf(own: string, token: Token) {
  const fingerprint = tokenFingerprint(token);
  return hasRecords(own) ? readRecords(own).filter((one) => one.fingerprint === fingerprint) : [];
}
