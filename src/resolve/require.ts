import { CliError } from "../errors.ts";
import { type Context, noSuchContext, usableTokenOf } from "../contexts/context.ts";
import { canName, looksLikeToken, showName } from "../contexts/name.ts";
import type { Active } from "./active.ts";
import type { Token } from "../contexts/token.ts";

/** The active context, or the error that says what was looked for, where it was asked for, and what to run. */
export function requireContext(active: Active): Context {
  const { context, name, source, error } = active;
  if (context) return context;
  if (error) throw error;
  const shown = showName(name);
  switch (source.kind) {
    case "flag":
      throw noSuchContext(name);
    case "env_context":
      throw new CliError("NOT_FOUND", `there is no context ${shown}, which BENTOML_CLOUD_CONTEXT names`, {
        hint: "`bentocloud context list` shows the contexts",
      });
    case "project":
      throw new CliError("NOT_LOGGED_IN", `you have no context ${shown}, which ${source.path} asks for`, {
        hint: hintForProject(name, source.path ?? ""),
      });
    default:
      throw new CliError("NOT_LOGGED_IN", `not logged in: there is no context ${shown}`, {
        hint: active.hasOthers
          ? "bentocloud use NAME (`bentocloud context list`), or bentocloud login"
          : "bentocloud login",
      });
  }
}

function hintForProject(name: string, path: string): string {
  if (looksLikeToken(name)) return `if it is an API token, remove it from ${path} and revoke it`;
  return canName(name) ? loginCommand(name) : `correct it in ${path}: no login can have that name`;
}

/** The context's token, or the error for an entry without one. */
export function requireToken(context: Context): Token {
  const token = usableTokenOf(context);
  if (token) return token;
  throw new CliError("NOT_LOGGED_IN", `the context "${context.name}" has no API token`, {
    hint: loginCommand(context.name),
  });
}

function loginCommand(name: string): string {
  // A word that begins with a dash would be read as the next option.
  return `bentocloud login --context${name.startsWith("-") ? "=" : " "}${quoteWord(name)}`;
}

/** A name as one word of a shell command a person may copy. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
