import type { ContextsFile } from "../../yaml/read.ts";
import { isSameEndpoint, showEndpoint } from "../../contexts/endpoint.ts";
import { quoteWord } from "../../resolve/require.ts";
import { readRotations, type Rotation } from "../../tokens/rotation-journal.ts";
import { contextsUsing } from "../../store/replace-token.ts";
import { Token } from "../../contexts/token.ts";
import type { Cli } from "../../app.ts";
import { showAge } from "../../system/time.ts";
import { type Check, type Finding, withContexts } from "../check.ts";

/** Rotations of API tokens that were interrupted: until they end, two secrets are good where one should be. */
export const rotations: Check = {
  id: "rotations",
  async look(cli) {
    const open = readRotations(cli.store.paths.own);
    if (open.length === 0) return { status: "ok", message: "every token rotation has ended" };
    return withContexts(cli, (file) => describe(cli, open, file));
  },
};

function describe(cli: Cli, open: readonly Rotation[], file: ContextsFile): Finding {
  const which = open.map(({ old, endpoint, started_at }) => {
    const age = showAge(new Date(started_at), cli.now());
    return `that of "${old.name}" at ${showEndpoint(endpoint)}, begun ${age} ago`;
  });
  const [name] = open.flatMap((rotation) => holdersOf(file, rotation));
  return {
    status: "warn",
    message: `a token rotation has not ended: ${which.join("; ")}`,
    hint:
      name === undefined
        ? "sign in to that endpoint, then `bentocloud api-token rotate`"
        : `bentocloud api-token rotate ${quoteWord(name)}`,
    hidden: {
      "api token": open.flatMap(({ old, wanted }) => [old.name, wanted.name]),
      endpoint: open.map(({ endpoint }) => endpoint),
    },
  };
}

/** The contexts that can end it: those with one of its secrets, else whichever signs in there. */
function holdersOf(file: ContextsFile, { endpoint, old, successor }: Rotation): string[] {
  const secrets = successor ? [old.token, successor.token] : [old.token];
  const holders = secrets.flatMap((secret) => contextsUsing(file, { endpoint, token: new Token(secret) }));
  const others = file.contexts.filter((context) => isSameEndpoint(context.endpoint, endpoint));
  return [...holders, ...others].map(({ name }) => name);
}
