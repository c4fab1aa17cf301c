import { CliError, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";

interface Confirmation {
  question: string;
  /** What would happen, for when nobody can be asked. */
  fact: string;
  /** What `--yes` is passed for. */
  purpose: string;
  /** What a no leads to. */
  kept: string;
}

/** Asks for a yes, which `--yes` stands for. @throws CliError `FAILURE` for a no, `USAGE` where nobody can be asked. */
export async function confirm(cli: Cli, { question, fact, purpose, kept }: Confirmation): Promise<void> {
  if (!cli.interactive) throw usageError(fact, `pass --yes to ${purpose}`);
  const prompt = await cli.prompt();
  if (!(await prompt.confirm(question))) throw new CliError("FAILURE", kept);
}
