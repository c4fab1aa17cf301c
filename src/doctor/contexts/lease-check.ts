import { isSameEndpoint } from "../../contexts/endpoint.ts";
import { hasEnded } from "../../system/processes.ts";
import { quoteWord } from "../../system/text.ts";
import { readLeases } from "../../tokens/lease-journal.ts";
import { attempt, type Check, ok, warn } from "../check.ts";
import { contextName, endpointAddress, join, secret, text } from "../report.ts";

/** API tokens of `exec --lease` whose program was killed: they work until they expire or are deleted. */
export const leases: Check = {
  id: "leases",
  async run({ store }) {
    const orphans = readLeases(store.paths.own).filter(({ pid }) => hasEnded(pid));
    if (orphans.length === 0) return ok(text`no leased API token was left behind`);
    const described = orphans.map(
      ({ name, endpoint }) => text`"${secret("api token", name)}" at ${endpointAddress(endpoint)}`,
    );
    const contexts = (await attempt(() => store.read()))?.contexts ?? [];
    const context = contexts.find(({ endpoint }) =>
      orphans.some((lease) => isSameEndpoint(lease.endpoint, endpoint)),
    );
    const hint = context
      ? text`bentocloud api-token list --context ${contextName(context.name, quoteWord(context.name))}`
      : text`sign in to that endpoint, then \`bentocloud api-token list\``;
    return warn(text`a program that was killed has left its leased API token: ${join(described)}`, hint);
  },
};
