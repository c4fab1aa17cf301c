import { confirmActive } from "../auth/confirm-protected.ts";
import { warnOfExpiry } from "../auth/expiry.ts";
import { openSession, openUnpinnedSession } from "../auth/session.ts";
import { command, flag, option } from "../cli/command.ts";
import { usageError } from "../errors.ts";
import { parseDuration } from "../system/time.ts";
import { REQUEST_ARGS, YES } from "./_args.ts";

export const proxy = command({
  name: "proxy",
  description: "Run a local server that adds the active credentials to requests",
  section: "Use",
  args: {
    port: option("number", "Port on 127.0.0.1 (default: any free one)"),
    "read-only": flag("Let only requests pass that change nothing"),
    for: option("duration", "End after this time: 90s, 30m, 1h, 2d (default: Ctrl-C ends it)"),
    open: flag("Open the console in a browser, which gets a cookie instead of the API token"),
    yes: YES,
    ...REQUEST_ARGS,
  },
  examples: [
    ["bentocloud proxy --open --for 1h", "the console, without signing in"],
    ["bentocloud proxy --read-only --port 8123", "for notebooks and dashboards"],
  ],
  async run(args, cli) {
    const options = {
      port: parsePort(args.port),
      isReadOnly: args["read-only"],
      forMs: args.for === undefined ? undefined : parseDuration(args.for, "--for"),
      opens: args.open,
    };
    const { active } = await openUnpinnedSession(cli);
    await confirmActive(cli, active, "run a proxy with it");
    const session = await openSession(cli);
    await warnOfExpiry(cli, session.context);
    const { deleteOrphanedLeases } = await import("../tokens/lease.ts");
    await deleteOrphanedLeases(cli, session);
    const { serveProxy } = await import("../proxy/serve.ts");
    return serveProxy(cli, session, options);
  },
});

function parsePort(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 1 && port <= 65_535) return port;
  throw usageError("--port takes a number from 1 to 65535");
}
