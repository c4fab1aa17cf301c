import type { Cli } from "../app.ts";
import { MissingContextError } from "../contexts/context.ts";
import { usageError } from "../errors.ts";
import { listContexts, showStates } from "./list-contexts.ts";

/**
 * The name of the context that a person chooses from a list.
 *
 * @param none The row for no context, which stands first and gives an empty name; left out when not given.
 */
export async function pickContext(cli: Cli, question: string, none?: string): Promise<string> {
  // The list needs no active context, for example when the project's file is broken.
  const active = await cli.resolve().catch(() => undefined);
  const listed = await listContexts(cli, active);
  if (listed.length === 0)
    throw new MissingContextError("NOT_LOGGED_IN", "there are no contexts to choose from", {
      missing: undefined,
      hint: "bentocloud login",
    });
  if (!cli.interactive)
    throw usageError("which context? give its name", "`bentocloud context list` shows the contexts");
  const choices = listed.map((context) => ({
    value: context.name,
    label: context.name,
    // Without the scheme, more of the host is left where a row is cut.
    details: [context.organization ?? "-", context.endpoint.replace("https://", ""), showStates(context)],
  }));
  const prompt = await cli.prompt();
  if (none === undefined) return prompt.pick(question, choices, listed.find(({ current }) => current)?.name);
  return prompt.pick(question, [{ value: "", label: none }, ...choices], "");
}
