import type { PythonLogin } from "./python.ts";
import { type Context, tokenOf } from "../contexts/context.ts";
import { isSameEndpoint } from "../contexts/endpoint.ts";
import { variable } from "./environment.ts";
import type { Environment } from "../store/home.ts";
import type { Source } from "./active.ts";

/** What is active for this program. */
export interface OurLogin {
  kind: Source["kind"] | null;
  context: Context | undefined;
  /** Whether what a project's file says is why nothing can be used. */
  stoppedByProject: boolean;
}

const NO_PROJECT = "it knows no .bentorc";

/** Whether Python bentoml would use another login, and why, the most decisive reason first. */
export function compareLogins(
  ours: OurLogin,
  python: PythonLogin,
  env: Environment,
): { differs: boolean; reasons: string[] } {
  const usable = ours.stoppedByProject ? undefined : ours.context;
  if (isSameLogin(usable, python.context)) return { differs: false, reasons: [] };
  if (isSameLogin(ours.context, python.context)) return { differs: true, reasons: [NO_PROJECT] };
  const reasons = [
    whyItChooses(ours, python, env),
    isSetButEmpty(env, "BENTOML_HOME") && python.path !== null
      ? `BENTOML_HOME is set but empty, so that it reads ${python.path}`
      : undefined,
    python.context && !hasScheme(python.context)
      ? "it cannot use an endpoint without http:// or https://"
      : undefined,
  ];
  return { differs: true, reasons: reasons.filter((reason) => reason !== undefined) };
}

function whyItChooses(ours: OurLogin, python: PythonLogin, env: Environment): string | undefined {
  switch (python.kind) {
    case "env_key":
      // What ends it is said anyway, and its key has no part in that.
      if (python.isBroken) return undefined;
      if (isSetButEmpty(env, "BENTO_CLOUD_API_KEY"))
        return "BENTO_CLOUD_API_KEY is set but empty, which it takes for a key";
      return ours.kind === "flag"
        ? "BENTO_CLOUD_API_KEY beats every --context there"
        : "it takes BENTO_CLOUD_API_KEY and BENTO_CLOUD_API_ENDPOINT exactly as they are written";
    case "env_context":
      if (ours.kind === "flag") return "BENTOML_CLOUD_CONTEXT counts there, and this --context does not";
      return isSetButEmpty(env, "BENTOML_CLOUD_CONTEXT")
        ? "BENTOML_CLOUD_CONTEXT is set but empty, which it takes for a name"
        : whyNoProject(ours);
    case "user":
      return ours.kind === "flag" ? "this --context does not count there" : whyNoProject(ours);
  }
}

function whyNoProject(ours: OurLogin): string | undefined {
  return ours.kind === "project" || ours.stoppedByProject ? NO_PROJECT : undefined;
}

function isSetButEmpty(env: Environment, name: string): boolean {
  return env[name] !== undefined && variable(env, name) === undefined;
}

function isSameLogin(ours: Context | undefined, theirs: Context | undefined): boolean {
  if (!ours || !theirs) return ours === theirs;
  return (
    ours.name === theirs.name &&
    isSameEndpoint(ours.endpoint, theirs.endpoint) &&
    hasScheme(theirs) &&
    tokenOf(ours)?.reveal() === tokenOf(theirs)?.reveal()
  );
}

function hasScheme({ endpoint }: Context): boolean {
  return /^https?:\/\//i.test(endpoint);
}
