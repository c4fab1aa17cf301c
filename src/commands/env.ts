import { command } from "../cli/command.ts";
import { usageError } from "../errors.ts";
import { warnOfExpiry } from "../auth/expiry.ts";
import { openSession } from "../auth/session.ts";
import { CREDENTIAL_VARIABLES, credentialEnvironment } from "../auth/credential-environment.ts";
import { dialectFor, SHELLS, toShell, toUnset } from "../auth/shell-code.ts";
import type { Cli } from "../app.ts";
import { REQUEST_ARGS } from "./_args.ts";

export const env = command({
  name: "env",
  description: "Print the active credentials as shell code",
  args: {
    shell: {
      type: "enum",
      options: [...SHELLS, "json"],
      valueHint: "name",
      description: `Whose code: ${SHELLS.join(", ")} or json (default: sh, on Windows powershell)`,
    },
    unset: { type: "boolean", description: "Print what takes the variables away" },
    "show-token": { type: "boolean", description: "Print the API token also on a terminal" },
    ...REQUEST_ARGS,
  },
  examples: [
    ['eval "$(bentocloud env)"', "in this shell"],
    ["bentocloud env --shell fish | source", "in fish"],
    ['bentocloud env --shell github >> "$GITHUB_ENV"', "in the later steps of a GitHub job"],
    ['eval "$(bentocloud env --unset)"', "no longer"],
  ],
  async run(args, cli) {
    const shell = args.shell ?? (cli.output.json ? "json" : cli.defaultShell);
    if (cli.output.json && shell !== "json") throw usageError("--json and --shell exclude each other");
    if (args.unset) return printUnset(cli, shell);
    const hint = shell === "json" ? undefined : `\`${dialectFor(shell).use}\` uses it unseen; `;
    if (cli.isTerminal(1) && !args["show-token"])
      throw usageError("this would show the API token on the terminal", `${hint ?? ""}--show-token shows it`);
    await printPair(cli, shell, { insecureHttp: args["insecure-http"] ?? false });
  },
});

function printUnset({ output }: Cli, shell: string): void {
  if (shell === "json") output.data(Object.fromEntries(CREDENTIAL_VARIABLES.map((name) => [name, null])));
  else for (const line of toUnset(dialectFor(shell), shell)) output.line(line);
}

async function printPair(cli: Cli, shell: string, options: { insecureHttp: boolean }): Promise<void> {
  const session = await openSession(cli, options);
  await warnOfExpiry(cli, session.context);
  const variables = credentialEnvironment(session);
  if (shell === "json") return void cli.output.secretData(variables);
  const lines = toShell(dialectFor(shell), variables);
  // The runner of a job takes commands from stderr too. Anywhere else nobody would hide the token that this shows.
  if (shell === "github" && cli.env["GITHUB_ACTIONS"] === "true") cli.output.maskForGitHub(session.token);
  for (const line of lines) cli.output.secretLine(line);
}
