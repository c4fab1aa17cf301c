import { type Context, tokenOf } from "../../contexts/context.ts";
import { isSameEndpoint } from "../../contexts/endpoint.ts";
import { quoteWord } from "../../system/text.ts";
import { showAge } from "../../system/time.ts";
import { readRotations, type Rotation } from "../../tokens/rotation-journal.ts";
import { attempt, type Check, ok, warn } from "../check.ts";
import { contextName, endpointAddress, join, open, secret, text } from "../report.ts";

/** Interrupted rotations of API tokens: until one is finished, the old and the new token may both be valid. */
export const rotations: Check = {
  id: "rotations",
  async run({ store, now }) {
    const unfinished = readRotations(store.paths.own);
    if (unfinished.length === 0) return ok(text`no token rotation is unfinished`);
    const described = unfinished.map(({ old, endpoint, started_at }) => {
      const age = open(showAge(new Date(started_at), now()));
      return text`"${secret("api token", old.name)}" at ${endpointAddress(endpoint)}, started ${age} ago`;
    });
    const contexts = (await attempt(() => store.read()))?.contexts ?? [];
    const [name] = unfinished.flatMap((rotation) => findContextFor(rotation, contexts)?.name ?? []);
    const hint =
      name === undefined
        ? text`sign in to that endpoint, then \`bentocloud api-token rotate\``
        : text`bentocloud api-token rotate ${contextName(name, quoteWord(name))}`;
    return warn(text`a token rotation is unfinished: ${join(described)}`, hint);
  },
};

/** A context that can finish the rotation: one with the old or the new token, else any of that endpoint. */
function findContextFor({ endpoint, old, successor }: Rotation, contexts: readonly Context[]) {
  const there = contexts.filter((context) => isSameEndpoint(context.endpoint, endpoint));
  const secrets = new Set([old.token, successor?.token]);
  return there.find((context) => secrets.has(tokenOf(context)?.reveal() ?? "")) ?? there[0];
}
