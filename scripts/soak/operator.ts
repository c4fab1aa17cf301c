import type { Home } from "../../test/support/home.ts";
import { type Command, type Ended, runCommand } from "./command.ts";
import type { Figures } from "./figures.ts";
import type { SharedLock } from "./shared-lock.ts";

/** Runs commands like a careful person, who follows every warning and error at once. */
export interface Operator {
  /** `expected` are the exit codes, besides 0, that are correct for the command. */
  run(command: Command & { kind: string; expected?: readonly number[] }): Promise<Ended>;
  /** Runs commands until the program reports no more losses. */
  settle(): Promise<void>;
}

export const LOSSES = "losses reported";
/** Commands that could not get the lock, or a readable file, within their time limit. Some are fine on a busy machine. */
export const GAVE_UP = "commands that gave up waiting";
/** Attempts to restore one loss: each may fail because Python has broken the file again. */
const MOST_TRIES = 10;
const MOST_LOOKS = 20;
const LOOK = { args: ["context", "list"] };

/** `peers` is the lock that every step of Python shares. */
export function createOperator(home: Home, figures: Figures, peers: SharedLock): Operator {
  let repairedAt = 0;

  async function run({ kind, expected = [], ...command }: Parameters<Operator["run"]>[0]): Promise<Ended> {
    const ended = await runCommand(home, command);
    const { code, error, stderr, hung, leaks } = ended;
    const description = `${command.args.join(" ")}: exit ${code}, ${stderr.trim()}`;
    figures.command(kind, ended);
    if (hung) figures.breaks(`does not end: ${description}`);
    if (leaks.length > 0) figures.breaks(`prints a token: ${description}`);
    for (const loss of lossesIn(stderr)) await restore(loss, description);
    if (error?.code === "CORRUPT") await repair(ended);
    else if (error?.code === "LOCKED") figures.count(GAVE_UP);
    else if (code && !expected.includes(code)) figures.breaks(description);
    return ended;
  }

  async function restore({ id, contexts }: Loss, report: string): Promise<void> {
    figures.count(LOSSES);
    figures.count("contexts in them", contexts);
    if (id === undefined) return figures.breaks(`a loss without an ID: ${report}`);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const { code, error, stdout, stderr } = await run({ kind: "restore", args: ["restore", id] });
      if (error?.code === "CORRUPT" || error?.code === "LOCKED") continue;
      if (code !== 0) return figures.breaks(`a loss cannot be restored, ${stderr.trim()}: ${report}`);
      const { added, removed, changed } = JSON.parse(stdout) as Record<string, string[]>;
      const restored = added!.length + changed!.length;
      figures.count("contexts restored", restored);
      if (restored === 0) figures.count("reports whose contexts were all there again");
      if (restored > contexts || removed!.length > 0)
        figures.breaks(`restored ${stdout}, not what was reported: ${report}`);
      return;
    }
    figures.breaks(`a loss could not be restored in ${MOST_TRIES} tries: ${report}`);
  }

  /** Python is paused, so a file that is unreadable now is broken and not just being written. */
  async function repair({ startedAt }: Ended): Promise<void> {
    const doctor = await peers.exclusive(async () => {
      // Another actor saw the same broken file and has repaired it.
      if (startedAt < repairedAt) return undefined;
      const { error } = await runCommand(home, LOOK);
      if (error?.code !== "CORRUPT") return void figures.count(GAVE_UP);
      const ended = await runCommand(home, { args: ["doctor", "--fix"] });
      figures.command("doctor --fix", ended);
      repairedAt = performance.now();
      const { code } = await runCommand(home, LOOK);
      if (code !== 0) figures.breaks(`doctor --fix repairs nothing: ${ended.stdout}`);
      return ended;
    });
    for (const loss of lossesIn(doctor?.stderr ?? "")) await restore(loss, "doctor --fix");
  }

  return {
    run,
    async settle() {
      for (let looks = 0, quiet = 0; quiet < 2 && looks < MOST_LOOKS; looks += 1) {
        const before = figures.counted(LOSSES);
        const { code } = await run({ kind: "context list", ...LOOK });
        quiet = code === 0 && figures.counted(LOSSES) === before ? quiet + 1 : 0;
      }
    },
  };
}

interface Loss {
  /** The argument of `restore`. */
  id: string | undefined;
  contexts: number;
}

/** The losses that a command reported. It may find several, because it reads the file several times. */
function lossesIn(stderr: string): Loss[] {
  const reports = stderr.matchAll(/another program (.*?); `bentocloud restore(?: (\w+))?`/g);
  return [...reports].map(([, what = "", id]) => {
    const counts = [...what.matchAll(/(?:removed|put) (\d+) contexts? /g)];
    return { id, contexts: counts.reduce((sum, [, count]) => sum + Number(count), 0) };
  });
}
