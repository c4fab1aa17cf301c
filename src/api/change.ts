import { SAFE } from "../cloud/send.ts";
import type { Active } from "../resolve/active.ts";
import type { Cli } from "../app.ts";
import { guard } from "../auth/confirm-protected.ts";

/** Asks before a request with a protected context, unless its method changes nothing. */
export async function guardChange(
  cli: Cli,
  active: Active,
  { method, yes }: { method: string; yes: string | undefined },
): Promise<void> {
  if (!SAFE.has(method)) await guard(cli, active, { yes, what: `send a ${method}` });
}
