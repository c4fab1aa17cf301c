import { setTimeout as sleep } from "node:timers/promises";
import type { Cli } from "../app.ts";
import type { Session } from "../auth/session.ts";
import { hideMemory } from "../system/libc.ts";
import { showAge, showTime } from "../system/time.ts";
import { type Proxy, startProxyFor } from "./start-proxy.ts";

interface Options {
  port: number;
  isReadOnly: boolean;
  /** How long it runs; until Ctrl-C when not given. */
  forMs: number | undefined;
  /** Whether a browser is let in, and opened. */
  opens: boolean;
}

const INTERRUPTED = 130;

/** Runs the proxy until its time is over or Ctrl-C ends it, and gives the exit code. */
export async function serveProxy(cli: Cli, session: Session, options: Options): Promise<number> {
  const { output } = cli;
  const { port, isReadOnly, forMs, opens } = options;
  const proxy = startProxyFor(cli, session, {
    port,
    isReadOnly,
    hasPage: opens,
    log: ({ method, path, status, ms }) => output.info(`${method} ${path} ${status} ${Math.round(ms)} ms`),
  });
  try {
    const end = forMs === undefined ? undefined : new Date(cli.now().getTime() + forMs);
    printAccess(cli, proxy, { end, isReadOnly });
    const until = end ? `for ${showAge(cli.now(), end)}` : "until Ctrl-C";
    output.info(`Requests to ${proxy.url} go to ${proxy.endpoint} as "${session.context.name}", ${until}`);
    if (proxy.page) await openPage(cli, proxy.page);
    await output.settle();
    await hideMemory();
    return await untilEnd(cli.signal, forMs);
  } finally {
    await proxy.stop();
  }
}

/** The variables that a program needs, as a dotenv file has them. */
function printAccess(
  cli: Cli,
  { url, key, page }: Proxy,
  { end, isReadOnly }: { end: Date | undefined; isReadOnly: boolean },
) {
  const { output } = cli;
  if (!output.json) return output.secret(`BENTO_CLOUD_API_ENDPOINT=${url}\nBENTO_CLOUD_API_KEY=${key}`);
  const expires = end ? showTime(end) : null;
  return output.secretData({
    endpoint: url,
    api_key: key,
    page: page?.href ?? null,
    read_only: isReadOnly,
    expires_at: expires,
  });
}

async function openPage(cli: Cli, page: URL): Promise<void> {
  cli.output.prompt("Open the console, once, at", page.href);
  if (!(await cli.openBrowser(page))) cli.output.info("No browser could be opened; visit the address above");
}

async function untilEnd(signal: AbortSignal, forMs: number | undefined): Promise<number> {
  const { promise: interrupted, resolve } = Promise.withResolvers<number>();
  signal.addEventListener("abort", () => resolve(INTERRUPTED), { once: true });
  if (signal.aborted) return INTERRUPTED;
  if (forMs === undefined) return interrupted;
  return Promise.race([interrupted, sleep(forMs, 0, { signal }).catch(() => INTERRUPTED)]);
}
