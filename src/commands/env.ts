import { command, flag, option } from "../cli/command.ts";
import { usageError } from "../errors.ts";
import { warnOfExpiry } from "../auth/expiry.ts";
import { openSession } from "../auth/session.ts";
import { CREDENTIAL_VARIABLES, credentialEnvironment } from "../auth/credential-environment.ts";
import { dialectFor, SHELLS, toShell, toUnset } from "../auth/shell-code.ts";
import { KEY_FILE, keyVariable } from "../resolve/environment.ts";
import { requireStored } from "../store/manage-contexts.ts";
import type { Cli } from "../app.ts";
import { REQUEST_ARGS } from "./_args.ts";

export const env = command({
  name: "env",
  description: "Print the active credentials as shell code",
  section: "Use",
  args: {
    shell: {
      type: "enum",
      options: [...SHELLS, "json"],
      valueHint: "name",
      description: `${SHELLS.join(", ")} or json (default: sh, on Windows powershell)`,
    },
    unset: flag("Print the code that unsets the variables"),
    alias: option("program", "Print a function that runs this program behind `exec`; repeatable"),
    "show-token": flag("Print the API token even on a terminal"),
    ...REQUEST_ARGS,
  },
  examples: [
    ['eval "$(bentocloud env)"', "in this shell"],
    ["bentocloud env --shell fish | source", "in this fish"],
    ['bentocloud env --shell github >> "$GITHUB_ENV"', "for the later steps of a GitHub job"],
    ['eval "$(bentocloud env --unset)"', "remove them from this shell"],
    ['eval "$(bentocloud env --alias bentoml)"', "`bentoml` uses the active context"],
  ],
  async run(args, cli, given) {
    const shell = args.shell ?? (cli.output.json ? "json" : cli.defaultShell);
    if (cli.output.json && shell !== "json") throw usageError("--json and --shell exclude each other");
    const programs = given.all("alias");
    if (args.unset && programs.length > 0) throw usageError("--alias and --unset exclude each other");
    if (programs.length > 0) return printFunctions(cli, shell, programs);
    if (args.unset) return printUnset(cli, shell);
    if (cli.isTerminal(1) && !args["show-token"]) {
      const hint = shell === "json" ? "" : `\`${dialectFor(shell).use}\` uses it unseen; `;
      throw usageError("this would show the API token on the terminal", `${hint}--show-token shows it`);
    }
    await printPair(cli, shell);
  },
});

/** They hold no credentials: each call asks for those of the context that is active then. */
async function printFunctions(cli: Cli, shell: string, programs: readonly string[]): Promise<void> {
  const { toFunctions } = await import("../auth/shell-alias.ts");
  const { context } = cli.flags;
  if (context !== undefined) await requireStored(cli.store, context);
  for (const line of toFunctions(shell, programs, context)) cli.output.line(line);
}

function printUnset({ output }: Cli, shell: string): void {
  if (shell === "json") output.data(Object.fromEntries(CREDENTIAL_VARIABLES.map((name) => [name, null])));
  else for (const line of toUnset(dialectFor(shell), shell)) output.line(line);
}

async function printPair(cli: Cli, shell: string): Promise<void> {
  const session = await openSession(cli);
  await warnOfExpiry(cli, session.context);
  const variables = credentialEnvironment(session);
  if (shell === "json") return void cli.output.secretData(variables);
  const dialect = dialectFor(shell);
  const lines = toShell(dialect, variables);
  // Both variables together are an error, and an empty one counts as unset here. Python bentoml does not read this one.
  if (keyVariable(cli.env) === KEY_FILE)
    lines.push(dialect.unset?.(KEY_FILE) ?? dialect.set(KEY_FILE, dialect.quote("")));
  // Only a job's runner hides what this command names; anywhere else it would print the token.
  if (shell === "github" && cli.env["GITHUB_ACTIONS"] === "true")
    cli.output.maskForGitHub(session.token.reveal());
  for (const line of lines) cli.output.secret(line);
}
