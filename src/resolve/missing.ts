import { type Context, type MissingContextError } from "../contexts/context.ts";
import { isSamePlace } from "../contexts/endpoint.ts";
import { type CliError, withHint } from "../errors.ts";
import { recall } from "../store/state.ts";
import type { Store } from "../store/store.ts";
import { quoteWord } from "../system/text.ts";
import type { Active } from "./active.ts";
import type { Project } from "./bentorc.ts";

/**
 * Why a context is missing, and the command for that case: correct the file, bring back what another program removed, or
 * link the project to another context. Only a failed command reads what this needs.
 */
export async function explainMissing(
  error: MissingContextError,
  active: Active | undefined,
  store: Store,
): Promise<CliError> {
  const { missing } = error;
  const { problems } = await store.read();
  const isActive = error.code === "NOT_LOGGED_IN";
  const hiding = problems.find(({ hides }) => hides === "list" || (hides === "entry" && isActive));
  if (hiding) return withHint(error, `correct ${store.paths.file}:${hiding.line}: ${hiding.message}`);
  const loss = (await store.losses()).find(
    ({ contexts }) => missing === undefined || contexts.includes(missing),
  );
  if (loss) {
    const hint = `\`bentocloud restore ${loss.id}\` brings back what another program removed`;
    const message = missing === undefined ? "not logged in: no context is left" : error.message;
    return withHint(error, hint, message);
  }
  const { source, project, others = [] } = active ?? {};
  if (source?.kind !== "project" || source.path !== project?.path) return error;
  const state = await store.state();
  const other = others.find((one) => isExpected(project, one, recall(state, one)?.organization));
  return other ? withHint(error, `bentocloud link ${quoteWord(other.name)}, or ${error.hint}`) : error;
}

/** Whether a context is known to match every pin of a project that has pins. */
function isExpected(project: Project, context: Context, known: string | null | undefined): boolean {
  const { endpoint, organization } = project;
  if (endpoint === undefined && organization === undefined) return false;
  const isThere = endpoint === undefined || isSamePlace(endpoint, context.endpoint);
  return isThere && (organization === undefined || organization === known);
}
