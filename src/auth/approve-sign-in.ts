import type { SignIn } from "../cloud/browser-login.ts";
import type { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { discardToken } from "./discard-token.ts";

interface Options {
  endpoint: string;
  /** Whether a browser is opened, or only the address is shown. */
  opens: boolean;
}

/** How long Ctrl-C waits for the server to say whether somebody has approved meanwhile. */
const LAST_LOOK_MS = 2_000;

/** Shows the address where a person approves the sign-in, and waits for the token that this makes. */
export async function approveSignIn(cli: Cli, signIn: SignIn, { endpoint, opens }: Options): Promise<Token> {
  cli.output.prompt("Approve this sign-in at", signIn.url.href);
  if (opens && !(await cli.openBrowser(signIn.url)))
    cli.output.info("No browser could be opened; visit the address above");
  let end = Infinity;
  const onTick = (leftMs: number) => void (end = performance.now() + leftMs);
  const text = () => `Waiting for approval, ${showLeft(end - performance.now())} left (Ctrl-C cancels)`;
  try {
    return await cli.wait(text, () => signIn.wait({ signal: cli.signal, onTick }));
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== "CANCELLED") throw error;
    const signal = AbortSignal.timeout(LAST_LOOK_MS);
    const late = await cli
      .client({ endpoint, signal })
      .then((client) => signIn.collect(client))
      .catch(() => undefined);
    if (late) await discardToken(cli, { endpoint, token: late });
    throw error;
  }
}

function showLeft(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
