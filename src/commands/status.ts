import { command, flag } from "../cli/command.ts";
import { checkActive, isExpiryKnown, worstExitCode, type Status } from "../auth/status.ts";
import { haveEndpoints } from "../auth/list-contexts.ts";
import { showUnusual } from "../auth/store-view.ts";
import { showExpiry } from "../auth/show-expiry.ts";
import { checkAll } from "../auth/status-all.ts";
import { exitCodeOf, usageError } from "../errors.ts";
import type { Cli } from "../app.ts";
import type { Cells } from "../system/table.ts";
import type { Tone } from "../system/paint.ts";
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
    if (args.all && cli.flags.context !== undefined)
      throw usageError("--all and --context exclude each other");
    const options = { offline: args.offline };
    if (!args.all) {
      const status = await checkActive(cli, options);
      await printOne(cli, status);
      return worstExitCode([status]);
    }
    const statuses = await checkAll(cli, options);
    const { problems } = await cli.store.read();
    await printAll(cli, statuses, problems);
    const isLeftOut = problems.some(({ context }) => context !== undefined);
    return isLeftOut ? exitCodeOf("CORRUPT") : worstExitCode(statuses);
  },
});

async function printOne(cli: Cli, status: Status): Promise<void> {
  const { output } = cli;
  if (output.json) return output.data(toJson(status));
  const expiry = expiryOf(status, cli);
  await output.fields([
    ["context", status.name],
    ["source", describeSource(status.source)],
    ["endpoint", status.endpoint],
    ["token", status.token_masked],
    ["store", showUnusual(status.store)],
    ["user", status.email],
    ["organization", status.organization],
    ["expires", expiry?.text ?? null, expiry?.tone],
    ["verdict", status.verdict, toneOf(status)],
    ["reason", status.reason],
  ]);
  if (status.hint) output.hint(status.hint);
}

function toJson({ hint: _hint, neverExpires: _neverExpires, ...status }: Status) {
  return status;
}

async function printAll(
  cli: Cli,
  statuses: readonly Status[],
  problems: readonly { line: number; message: string }[],
): Promise<void> {
  const { output, store } = cli;
  if (output.json) {
    return output.data({
      contexts: statuses.map(toJson),
      problems: problems.map(({ line, message }) => ({ line, message })),
    });
  }
  for (const { line, message } of problems) output.warn(`${store.paths.file}:${line}: ${message}`);
  if (statuses.length === 0 && problems.length > 0) return;
  if (statuses.length === 0) return output.info("No contexts yet; `bentocloud login` makes one");
  const hasEndpoint = haveEndpoints(statuses);
  const rows = statuses.map((status): Cells => {
    const { name, active, endpoint, email, organization, verdict } = status;
    return [
      active ? "*" : " ",
      active ? { text: name, tone: "bold" } : name,
      organization ?? "-",
      hasEndpoint ? (endpoint ?? "-") : null,
      email ?? "-",
      expiryOf(status, cli) ?? "-",
      { text: verdict, tone: toneOf(status) },
    ];
  });
  const header = ["", "NAME", "ORGANIZATION", hasEndpoint ? "ENDPOINT" : null, "USER", "EXPIRES", "VERDICT"];
  await output.table(header, rows, { spare: "USER" });
  for (const { name, reason } of statuses) if (reason) output.info(`${name}: ${reason}`);
}

/** Undefined when the server has not said. */
function expiryOf(status: Status, cli: Cli) {
  const { expires_at } = status;
  if (!isExpiryKnown(status)) return undefined;
  return showExpiry({ expiresAt: expires_at === null ? null : new Date(expires_at) }, cli);
}

function toneOf({ verdict, identity_mismatch }: Status): Tone {
  if (identity_mismatch) return "bad";
  return verdict === "valid" ? "good" : verdict === "unchecked" ? "dim" : "bad";
}
