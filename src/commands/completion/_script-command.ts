import { type Command, command, type Row } from "../../cli/command.ts";

export function scriptCommand(shell: string, script: string, examples: readonly Row[]): Command {
  const name = shell === "powershell" ? "PowerShell" : shell;
  return command({
    name: shell,
    description: `Print the completion script of ${name}`,
    examples,
    async run(_args, cli) {
      cli.output.page(script);
    },
  });
}
