import { type Context, plainTokenOf, referenceOf } from "../contexts/context.ts";
import type { Token } from "../contexts/token.ts";
import { hasRecords } from "../secrets/has-records.ts";
import { readRecords, tokenFingerprint } from "../secrets/records.ts";
import type { Paths } from "../store/paths.ts";

/** Tells whether a context has this token, in the file or in another store. Asks no store. */
export function holdsToken({ own }: Paths, token: Token): (context: Context) => boolean {
  const fingerprint = tokenFingerprint(token);
  const records = hasRecords(own) ? readRecords(own) : [];
  const ids = new Set(records.filter((one) => one.fingerprint === fingerprint).map(({ id }) => id));
  return (context) =>
    plainTokenOf(context)?.reveal() === token.reveal() || ids.has(referenceOf(context) ?? "");
}
