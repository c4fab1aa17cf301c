import type { Cli } from "../app.ts";
import { definedVariables } from "../auth/credential-environment.ts";
import { CliError } from "../errors.ts";
import type { Execution } from "../system/child.ts";
import { findProgram } from "../system/program.ts";
import { codeOf } from "../system/storage-error.ts";
import { noteRotation, type Rotation } from "./rotation-journal.ts";

/** The command that stores a new API token somewhere else, such as `gh secret set`. */
export type DeliverCommand = Execution["argv"];

/** @throws CliError before anything was done, when there is no such program. */
export function requireProgram([name]: DeliverCommand, { env }: Pick<Cli, "env">): string {
  const { path } = findProgram(name, env);
  if (path !== undefined) return path;
  throw new CliError("USAGE", `${name}: command not found; nothing was changed`);
}

/**
 * Gives the new token to the command, on its standard input and nowhere else. It runs before anything relies on the new
 * token, so that its failure can be taken back; the journal knows whether it has ended well. Gives the failure.
 */
export async function deliver(
  cli: Cli,
  rotation: Rotation & { successor: { token: string } },
  command: DeliverCommand | undefined,
): Promise<CliError | undefined> {
  if (rotation.delivery === "done") return undefined;
  if (!command)
    return rotation.delivery && failure("it ended before its command had stored the new API token");
  const [name] = command;
  const env = Object.fromEntries(definedVariables(cli.env));
  try {
    const { feedProgram } = await import("../system/feed-program.ts");
    const code = await feedProgram(
      requireProgram(command, cli),
      { argv: command, env },
      rotation.successor.token,
    );
    if (code !== 0) return failure(`${name} failed with exit code ${code}`);
  } catch (error) {
    if (error instanceof CliError) return error;
    return failure(`${name} cannot be executed (${codeOf(error)})`);
  }
  noteRotation(cli.store.paths.own, { ...rotation, delivery: "done" });
  return undefined;
}

function failure(message: string): CliError {
  return new CliError("FAILURE", message, {
    hint: "what the command may have stored does not work: run the rotation again once the command succeeds",
  });
}
