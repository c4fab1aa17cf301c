import { isSameEndpoint } from "../../contexts/endpoint.ts";
import { Token } from "../../contexts/token.ts";
import { quoteWord } from "../../resolve/require.ts";
import { holding } from "../../store/replace-token.ts";
import { showAge } from "../../system/time.ts";
import { readRotations, type Rotation } from "../../tokens/journal.ts";
import type { ContextsFile } from "../../yaml/read.ts";
import { type Check, ok, warn, withContexts } from "../check.ts";
import { contextName, endpointAddress, join, open, secret, text } from "../report.ts";

/** Rotations of API tokens that were interrupted: until they end, two secrets are valid where one should be. */
export const rotations: Check = {
  id: "rotations",
  async run(cli) {
    const unfinished = readRotations(cli.store.paths.own);
    if (unfinished.length === 0) return ok(text`every token rotation has ended`);
    return withContexts(cli, (file) => {
      const described = unfinished.map(({ old, endpoint, started_at }) => {
        const age = open(showAge(new Date(started_at), cli.now()));
        return text`that of "${secret("api token", old.name)}" at ${endpointAddress(endpoint)}, begun ${age} ago`;
      });
      const [name] = unfinished.flatMap((rotation) => contextsToEnd(file, rotation));
      const hint =
        name === undefined
          ? text`sign in to that endpoint, then \`bentocloud api-token rotate\``
          : text`bentocloud api-token rotate ${contextName(name, quoteWord(name))}`;
      return warn(text`a token rotation has not ended: ${join(described)}`, hint);
    });
  },
};

/** The contexts that can end it: those with one of its secrets, else any that signs in there. */
function contextsToEnd(file: ContextsFile, { endpoint, old, successor }: Rotation): string[] {
  const secrets = successor ? [old.token, successor.token] : [old.token];
  const holders = secrets.flatMap((one) => holding(file, { endpoint, token: new Token(one) }));
  const others = file.contexts.filter((context) => isSameEndpoint(context.endpoint, endpoint));
  return [...holders, ...others].map(({ name }) => name);
}
