import type { ApiToken } from "../cloud/api-token.ts";
import type { Cli } from "../app.ts";
import type { Tone } from "../system/paint.ts";
import { showWhen } from "../system/time.ts";

const SOON_MS = 7 * 86_400_000;

/** When a token expires, in the colour of how soon that is. */
export function showExpiry(
  { expiresAt }: Pick<ApiToken, "expiresAt">,
  { now, flags }: Pick<Cli, "now" | "flags">,
): { text: string; tone: Tone } {
  if (expiresAt === null) return { text: "never", tone: "dim" };
  const left = expiresAt.getTime() - now().getTime();
  const tone: Tone = left <= 0 ? "bad" : left <= SOON_MS ? "warning" : "good";
  return { text: showWhen(expiresAt, now(), flags), tone };
}
