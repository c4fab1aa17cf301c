import { type Context, noSuchContext, usableTokenOf } from "../contexts/context.ts";
import { canName, showName } from "../contexts/name.ts";
import type { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import { cap, looksLikeToken, quoteWord } from "../system/text.ts";
import type { Active } from "./active.ts";
import type { Project } from "./bentorc.ts";

/** @throws CliError with the missing name, the source that chose it, and the command to run. */
export function requireContext(active: Active): Context {
  const { context, name, source, project, error, others } = active;
  if (context) return context;
  if (error) throw error;
  const shown = showName(name);
  switch (source.kind) {
    case "flag":
      throw noSuchContext(name, others);
    case "env_context":
      throw new CliError("NOT_FOUND", `there is no context ${shown}, which BENTOML_CLOUD_CONTEXT names`, {
        hint: "unset BENTOML_CLOUD_CONTEXT, or set it to one that `bentocloud context list` shows",
        correction: { unknown: name, names: others.map((other) => other.name), variable: source.name },
      });
    case "project":
      throw new CliError("NOT_LOGGED_IN", `you have no context ${shown}, which ${source.path} asks for`, {
        hint: adviseForProject(name, project),
      });
    default:
      throw new CliError("NOT_LOGGED_IN", `not logged in: there is no context ${shown}`, {
        hint:
          (others.length > 0 ? "bentocloud use NAME (`bentocloud context list`), or " : "") +
          `bentocloud login${describeExpectedEndpoint(project)}`,
      });
  }
}

function adviseForProject(name: string, project: Project | undefined): string {
  const path = project?.path ?? "";
  if (looksLikeToken(name)) return `if it is an API token, remove it from ${path} and revoke it`;
  if (!canName(name)) return `correct it in ${path}: no login can have that name`;
  return loginCommand(name) + describeExpectedEndpoint(project);
}

/** Follows a login command in a hint. A pin is no endpoint to use: a person has to type it before a token goes there. */
function describeExpectedEndpoint(project: Project | undefined): string {
  if (project?.endpoint === undefined) return "";
  return `; this project expects the endpoint "${cap(project.endpoint.masked, 256)}", which --endpoint chooses`;
}

/** @throws CliError when the context has no usable token. */
export function requireToken(context: Context): Token {
  const token = usableTokenOf(context);
  if (token) return token;
  throw new CliError("NOT_LOGGED_IN", `the context "${context.name}" has no API token`, {
    hint: loginCommand(context.name),
  });
}

/** The command that signs in to this context again. */
export function loginCommand(name: string): string {
  // Without `=`, a name that begins with a dash would be parsed as an option.
  return `bentocloud login --context${name.startsWith("-") ? "=" : " "}${quoteWord(name)}`;
}
