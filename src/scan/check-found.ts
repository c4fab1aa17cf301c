import type { Cli } from "../app.ts";
import { identifyLogin } from "../auth/identity.ts";
import { mapByOrigin } from "../auth/status-all.ts";
import { originOf } from "../contexts/endpoint.ts";
import { isLeak } from "./conclude.ts";
import type { KnownValue } from "./finding.ts";
import type { Scan } from "./search-places.ts";

/** Asks the servers whether the tokens that were found still work, each at the endpoint that it belongs to. */
export async function checkFound(cli: Cli, scan: Scan): Promise<void> {
  const found = scan.findings.filter(isLeak);
  const values = scan.values.filter((value) => found.some((finding) => finding.value === value));
  const originIn = ({ login }: KnownValue) => originOf(login.endpoint);
  await mapByOrigin(values, originIn, async (value) => {
    const { login, token } = value;
    const { verdict } = await identifyLogin(cli, { context: login, token });
    for (const finding of found) if (finding.value === value) finding.verdict = verdict;
  });
}
