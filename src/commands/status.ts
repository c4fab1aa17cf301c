import { command, flag } from "../cli/command.ts";
import { checkActive, worstExitCode, type Status } from "../auth/status.ts";
import { checkAll } from "../auth/status-all.ts";
import { exitCodeOf, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import type { Cell } from "../system/table.ts";
import type { Tone } from "../system/paint.ts";
import { showWhen } from "../system/time.ts";
import { describeSource } from "../resolve/active.ts";
import { REQUEST_ARGS } from "./_args.ts";

export const status = command({
  name: "status",
  description: "Show the active context and whether its token works",
  section: "Sign in",
  args: {
    all: flag("Check every context"),
    offline: flag("Send no request"),
    ...REQUEST_ARGS,
  },
  examples: [
    ["bentocloud status", "the active context"],
    ["bentocloud status --all", "every context"],
  ],
  async run(args, cli) {
    if (args.all && cli.flags.context !== undefined) throw usageError("--all goes without --context");
    const options = { offline: args.offline, insecureHttp: args["insecure-http"] };
    const statuses = args.all ? await checkAll(cli, options) : [await checkActive(cli, options)];
    if (!args.all) {
      for (const one of statuses) printOne(cli, one);
      return worstExitCode(statuses);
    }
    const { problems } = await cli.store.read();
    await printAll(cli, statuses, problems);
    const isLeftOut = problems.some(({ context }) => context !== undefined);
    return isLeftOut ? exitCodeOf("CORRUPT") : worstExitCode(statuses);
  },
});

function printOne({ output, now }: Cli, { hint, ...status }: Status): void {
  if (output.json) return output.data(status);
  output.fields([
    ["context", status.name],
    ["source", describeSource(status.source)],
    ["endpoint", status.endpoint],
    ["token", status.token_masked],
    ["user", status.email],
    ["organization", status.organization],
    ["expires", status.expires_at && showWhen(new Date(status.expires_at), now())],
    ["verdict", status.verdict, toneOf(status)],
    ["reason", status.reason],
  ]);
  if (hint) output.hint(hint);
}

async function printAll(
  { output, store }: Cli,
  statuses: readonly Status[],
  problems: readonly { line: number; message: string }[],
): Promise<void> {
  if (output.json) {
    const contexts = statuses.map(({ hint: _hint, ...status }) => status);
    return output.data({ contexts, problems: problems.map(({ line, message }) => ({ line, message })) });
  }
  for (const { line, message } of problems) output.warn(`${store.paths.file}:${line}: ${message}`);
  if (statuses.length === 0) return output.info("No contexts yet; `bentocloud login` makes one");
  const rows = statuses.map((status): Cell[] => [
    status.active ? "*" : " ",
    status.name,
    status.endpoint ?? "-",
    status.email ?? "-",
    status.organization ?? "-",
    { text: status.verdict, tone: toneOf(status) },
  ]);
  await output.table(["", "NAME", "ENDPOINT", "USER", "ORGANIZATION", "VERDICT"], rows);
  for (const { name, reason } of statuses) if (reason) output.info(`${name}: ${reason}`);
}

function toneOf({ verdict }: Pick<Status, "verdict">): Tone {
  return verdict === "valid" ? "good" : verdict === "unchecked" ? "dim" : "bad";
}
