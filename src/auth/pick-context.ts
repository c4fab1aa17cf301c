import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";

/** Asks a person for one of the stored contexts; the current one is offered first. */
export async function pickContext(cli: Cli, question: string): Promise<string> {
  const { contexts, current } = await cli.store.read();
  if (!cli.interactive)
    throw usageError("which context? give its name", "`bentocloud context list` shows the contexts");
  if (contexts.length === 0)
    throw new CliError("NOT_LOGGED_IN", "there are no contexts to choose from", { hint: "bentocloud login" });
  const prompt = await cli.prompt();
  const choices = contexts.map(({ name, endpoint }) => ({ value: name, label: name, hint: endpoint.masked }));
  return prompt.pick(question, choices, current.name);
}
