import { type Context, hasToken, MissingContextError, noSuchContext } from "../contexts/context.ts";
import { canName, showName } from "../contexts/name.ts";
import { CliError } from "../errors.ts";
import { looksLikeToken, quoteWord } from "../system/text.ts";
import type { Active } from "./active.ts";
import type { Project } from "./bentorc.ts";
import { describeExpectation, LEAVE_SHELL } from "./pins.ts";

/** @throws CliError with the missing name, the source that chose it, and the command to run. */
export function requireContext(active: Active): Context {
  const { context, name, source, project, error, others } = active;
  if (context) return context;
  if (error) throw error;
  const shown = showName(name);
  switch (source.kind) {
    case "flag":
      throw noSuchContext(name, others);
    case "env_context": {
      const message = `there is no context ${shown}, which BENTOML_CLOUD_CONTEXT names`;
      throw new MissingContextError("NOT_FOUND", message, {
        missing: name,
        hint: active.isShell
          ? LEAVE_SHELL
          : "unset BENTOML_CLOUD_CONTEXT, or set it to one that `bentocloud context list` shows",
        correction: { unknown: name, names: others.map((other) => other.name), variable: source.name },
      });
    }
    case "project": {
      const message = `you have no context ${shown}, which ${source.path} asks for`;
      const hint = adviseForProject(active);
      throw new MissingContextError("NOT_LOGGED_IN", message, { missing: name, hint });
    }
    default: {
      const isEmpty = others.length === 0;
      const message =
        isEmpty && source.line === null ? "not logged in yet" : `not logged in: there is no context ${shown}`;
      throw new MissingContextError("NOT_LOGGED_IN", message, {
        missing: isEmpty ? undefined : name,
        hint:
          (isEmpty ? "" : "bentocloud use NAME (`bentocloud context list`), or ") +
          expectedLogin("bentocloud login", project),
      });
    }
  }
}

function adviseForProject({ name, project, others }: Active): string {
  const path = project?.path ?? "";
  if (looksLikeToken(name)) return `if it is an API token, remove it from ${path} and revoke it`;
  if (!canName(name)) return `correct it in ${path}: no login can have that name`;
  // With other contexts about, the project alone is no reason to make another one current.
  const use = others.length > 0 ? " --no-use" : "";
  return expectedLogin(loginCommand(name) + use, project);
}

/** Names what the project expects behind a login command; a cloned repository must not choose where a token goes. */
function expectedLogin(command: string, project: Project | undefined): string {
  const expectation = describeExpectation(project);
  return expectation === "" ? command : `${command}; ${expectation}`;
}

/** @throws CliError when the context has no token, wherever it would be kept. */
export function requireLogin(context: Context): void {
  if (!hasToken(context))
    throw new CliError("NOT_LOGGED_IN", `the context "${context.name}" has no API token`);
}

/** The command that signs in to this context again. */
export function loginCommand(name: string): string {
  // Without `=`, a name that begins with a dash would be parsed as an option.
  return `bentocloud login --context${name.startsWith("-") ? "=" : " "}${quoteWord(name)}`;
}

/** For a command that a person may copy: without this option, it could be about another context. */
export function repeatContext({ context }: { context: string | undefined }): string {
  return context === undefined ? "" : ` --context=${quoteWord(context)}`;
}
