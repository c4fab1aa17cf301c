import { command } from "../cli/command.ts";
import { checkActive, worstExitCode, type Status } from "../auth/status.ts";
import { checkAll } from "../auth/status-all.ts";
import { usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import type { Cell } from "../system/output.ts";
import type { Tone } from "../system/paint.ts";
import { showWhen } from "../system/time.ts";
import { describeSource } from "../resolve/active.ts";
import { REQUEST_ARGS } from "./_args.ts";

export const status = command({
  name: "status",
  description: "Show the active context and whether its token works",
  args: {
    all: { type: "boolean", description: "Check every context" },
    offline: { type: "boolean", description: "Send no request" },
    ...REQUEST_ARGS,
  },
  async run(args, cli) {
    if (args.all && cli.flags.context !== undefined) throw usageError("--all goes without --context");
    const options = { offline: args.offline ?? false, insecureHttp: args["insecure-http"] ?? false };
    const statuses = args.all ? await checkAll(cli, options) : [await checkActive(cli, options)];
    if (args.all) await printAll(cli, statuses);
    else for (const one of statuses) printOne(cli, one);
    return worstExitCode(statuses);
  },
});

function printOne(cli: Cli, one: Status): void {
  const { hint, ...status } = one;
  if (cli.output.json) {
    cli.output.data(status);
    return;
  }
  cli.output.fields([
    ["context", status.name],
    ["source", describeSource(status.source)],
    ["endpoint", status.endpoint],
    ["token", status.token_masked],
    ["user", status.email],
    ["organization", status.organization],
    ["expires", status.expires_at && showWhen(new Date(status.expires_at), cli.now())],
    ["verdict", status.verdict, toneOf(one)],
    ["reason", status.reason],
  ]);
  if (hint) cli.output.hint(hint);
}

async function printAll(cli: Cli, statuses: readonly Status[]): Promise<void> {
  if (cli.output.json) {
    cli.output.data({ contexts: statuses.map(({ hint: _hint, ...status }) => status) });
    return;
  }
  if (statuses.length === 0) {
    cli.output.info("No contexts yet; `bentocloud login` makes one");
    return;
  }
  const header = ["", "NAME", "ENDPOINT", "USER", "ORGANIZATION", "VERDICT"].map((text): Cell => ({
    text,
    tone: "dim",
  }));
  const rows = statuses.map((status): Cell[] => [
    { text: status.active ? "*" : " " },
    { text: status.name },
    { text: status.endpoint ?? "-" },
    { text: status.email ?? "-" },
    { text: status.organization ?? "-" },
    { text: status.verdict, tone: toneOf(status) },
  ]);
  await cli.output.table([header, ...rows]);
  for (const { name, reason } of statuses) if (reason) cli.output.info(`${name}: ${reason}`);
}

function toneOf({ verdict }: Status): Tone {
  return verdict === "valid" ? "good" : verdict === "unchecked" ? "dim" : "bad";
}
