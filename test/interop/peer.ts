import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { PYTHON } from "../../scripts/verify/python.ts";
import { home as newHome, run, type RunOptions, type Home } from "../support/bin.ts";
import { afterSweep } from "../support/canaries.ts";
import { cleanEnvironment } from "../support/program.ts";

export { PYTHON };

const QUIET = { BENTOML_DO_NOT_TRACK: "True", NO_COLOR: "1", COLUMNS: "1000" };

/** The environment in which Python opens a file as ASCII, as it does on a server without any locale. */
export const ASCII_LOCALE = { LC_ALL: "C", PYTHONUTF8: "0", PYTHONCOERCECLOCALE: "0" };

/** The environment with PyYAML 6.0.3, in which the first mapping of a merge list wins, not the last. */
export const OLD_PYYAML = { PYTHONPATH: join(dirname(PYTHON), "../old-pyyaml") };

export type Fields = [name: string, endpoint: string, token: string, email: string | null];

/** Python's reading of a file, and the file afterwards. */
export interface Seen {
  contexts: Fields[];
  current: string;
  text: string;
}

export type Answer = Seen | { refused: string };

type Case =
  | { act: "read" | "rewrite"; text: string | null }
  | { act: "save"; text: string | null; contexts: Fields[]; current: string };

interface Verb {
  text: string | null;
  args: string[];
  env?: Record<string, string>;
}

export interface Peer {
  read(texts: readonly (string | null)[]): Promise<Answer[]>;
  /** Reads the file and writes it again. */
  rewrite(text: string): Promise<Seen>;
  /** Saves these contexts one by one with Python's own classes, and makes one current. */
  save(text: string | null, contexts: Fields[], current: string): Promise<Seen>;
  /** Runs `bentoml` commands in the running process, which is a thousand times faster than starting one. */
  verbs(verbs: readonly Verb[]): Promise<{ code: number; stdout: string; text: string | null }[]>;
}

/** A Python process with real bentoml that answers questions until the sweep of the test file. */
export function startPeer(env: Record<string, string> = {}): Peer {
  const home = newHome();
  const child = Bun.spawn([PYTHON, join(import.meta.dirname, "peer.py")], {
    cwd: home.path,
    env: cleanEnvironment(home, { BENTOML_HOME: home.bentoml, ...QUIET, ...env }),
    stdin: "pipe",
    stdout: "pipe",
    stderr: "ignore",
  });
  afterSweep(() => child.kill("SIGKILL"));
  const lines = createInterface(Readable.fromWeb(child.stdout as never))[Symbol.asyncIterator]();

  async function ask<T>(cases: readonly object[]): Promise<T[]> {
    child.stdin.write(`${JSON.stringify(cases)}\n`);
    await child.stdin.flush();
    const { value, done } = await lines.next();
    if (done) throw new Error(`Python has ended with ${await child.exited}`);
    return JSON.parse(value);
  }

  async function accept(one: Case): Promise<Seen> {
    const [answer] = await ask<Answer>([one]);
    if (!answer || "refused" in answer) throw new Error(`Python refuses it: ${answer?.refused}`);
    return answer;
  }

  return {
    read: (texts) => ask(texts.map((text) => ({ act: "read", text }))),
    rewrite: (text) => accept({ act: "rewrite", text }),
    save: (text, contexts, current) => accept({ act: "save", text, contexts, current }),
    verbs: (verbs) => ask(verbs.map(({ env = {}, ...verb }) => ({ act: "run", env, ...verb }))),
  };
}

/** A process for each PyYAML. */
export function startPeers(): Peer[] {
  return [startPeer(), startPeer(OLD_PYYAML)];
}

/** Runs Python's own program on a home. It may print tokens where ours does not. */
export function bentoml(args: string[], options: RunOptions & { home: Home }) {
  const command = [join(dirname(PYTHON), "bentoml"), "cloud"];
  const env = { ...QUIET, ...options.env };
  return run(args, { reveals: true, ...options, command, env, timeoutMs: 60_000 });
}
