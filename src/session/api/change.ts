import { SAFE } from "../../cloud/send.ts";
import type { Active } from "../../contexts/resolve.ts";
import type { Cli } from "../../system/cli.ts";
import { guard } from "../guard.ts";

/** Asks before a request with a protected context, unless its method changes nothing. */
export async function guardChange(
  cli: Cli,
  active: Active,
  { method, yes }: { method: string; yes: string | undefined },
): Promise<void> {
  if (!SAFE.has(method)) await guard(cli, active, { yes, what: `send a ${method}` });
}
