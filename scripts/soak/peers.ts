import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { PYTHON } from "../../test/interop/peer.ts";
import type { Home } from "../../test/support/home.ts";
import { cleanEnvironment } from "../../test/support/program.ts";

/** One write of Python's, in place. Times as in `Date.now()`. */
export interface PeerWrite {
  inode: number | null;
  begin: number;
  end: number;
  /** Whether it wrote a file without contexts, as it does after it has read an empty file. */
  empties: boolean;
}

export interface PeerStep {
  kind: "save" | "use" | "read";
  name: string;
  token: string;
  endpoint: string;
}

/** A process with real Python bentoml, which executes one step at a time. */
export interface Peer {
  /** Resolves to Python's writes, and to the name of the exception if one was raised. */
  take(step: PeerStep): Promise<{ error: string | null; writes: PeerWrite[] }>;
  stop(): Promise<void>;
}

/** Resolves when Python has imported bentoml, which takes a second. */
export async function startPeer(home: Home): Promise<Peer> {
  const child = Bun.spawn([PYTHON, join(import.meta.dirname, "peer.py")], {
    cwd: home.path,
    env: cleanEnvironment(home, { BENTOML_DO_NOT_TRACK: "True" }),
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  });
  const lines = createInterface({ input: Readable.fromWeb(child.stdout as never) })[Symbol.asyncIterator]();
  const answer = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`Python has ended with ${await child.exited}`);
    return JSON.parse(value);
  };
  await answer();
  return {
    async take(step) {
      child.stdin.write(`${JSON.stringify(step)}\n`);
      await child.stdin.flush();
      return answer();
    },
    async stop() {
      await child.stdin.end();
      await child.exited;
    },
  };
}
