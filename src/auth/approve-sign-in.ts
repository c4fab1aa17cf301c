import type { SignIn } from "../cloud/browser-login.ts";
import type { Token } from "../contexts/token.ts";
import { CliError } from "../errors.ts";
import type { Cli } from "../app.ts";
import { discardToken } from "./discard-token.ts";

interface Options {
  endpoint: string;
  /** Whether a browser is opened, or only the address is shown. */
  opens: boolean;
  insecureHttp: boolean;
}

/** How long Ctrl-C waits for the server to say whether somebody has approved meanwhile. */
const LAST_LOOK_MS = 2_000;

/** Shows the address where a person approves the sign-in, and waits for the token that this makes. */
export async function approveSignIn(cli: Cli, signIn: SignIn, options: Options): Promise<Token> {
  const { endpoint, opens, insecureHttp } = options;
  cli.output.prompt(`Approve this sign-in at ${signIn.url.href}`);
  if (opens && !(await cli.openBrowser(signIn.url)))
    cli.output.info("No browser could be opened; visit the address above");
  const waiting = new Waiting(cli);
  try {
    return await signIn.wait({ signal: cli.signal, onTick: (leftMs) => waiting.show(leftMs) });
  } catch (error) {
    if (!(error instanceof CliError) || error.code !== "CANCELLED") throw error;
    const signal = AbortSignal.timeout(LAST_LOOK_MS);
    const late = await cli
      .client({ endpoint, insecureHttp, signal })
      .then((client) => signIn.collect(client))
      .catch(() => undefined);
    if (late) await discardToken(cli, { endpoint, token: late, insecureHttp });
    throw error;
  } finally {
    waiting.stop();
  }
}

const FRAME_MS = 100;

/** One line of the terminal with the time that is left. */
class Waiting {
  readonly #cli: Cli;
  readonly #isShown: boolean;
  #end = 0;
  #frame = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(cli: Cli) {
    this.#cli = cli;
    const isDumb = cli.env["TERM"] === "dumb";
    this.#isShown = cli.isTerminal(2) && !isDumb && !cli.flags.quiet && !cli.output.json;
  }

  show(leftMs: number): void {
    if (!this.#isShown) return;
    this.#end = performance.now() + leftMs;
    this.#timer ??= setInterval(() => this.#draw(), FRAME_MS);
    this.#draw();
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#isShown) this.#cli.output.progress("");
  }

  #draw(): void {
    const { output } = this.#cli;
    const frames = output.unicode ? "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏" : "|/-\\";
    const mark = frames[this.#frame++ % frames.length];
    const seconds = Math.max(0, Math.ceil((this.#end - performance.now()) / 1000));
    const left = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    output.progress(`${mark} Waiting for approval, ${left} left (Ctrl-C cancels)`);
  }
}
