import type { Home } from "../../test/support/home.ts";
import { type Command, type Ended, runCommand } from "./command.ts";
import type { Figures } from "./figures.ts";
import type { Gate } from "./gate.ts";

/** Runs commands as a careful person would, who does at once what a warning or an error asks for. */
export interface Operator {
  /** `expected` are the exit codes, besides 0, that are right for it. */
  run(command: Command & { kind: string; expected?: readonly number[] }): Promise<Ended>;
  /** Goes on until the program has nothing more to say about losses. */
  settle(): Promise<void>;
}

/** The machine was too slow, or others were too many, for the time that a command gives them. */
export const IN_VAIN = "commands that waited in vain";
/** Restores in a row that may be refused because Python has broken the file again. */
const MOST_TRIES = 10;
const MOST_LOOKS = 20;
const LOOK = { args: ["context", "list"] };

export function createOperator(home: Home, figures: Figures, peers: Gate): Operator {
  let mendedAt = 0;

  async function run({ kind, expected = [], ...command }: Parameters<Operator["run"]>[0]): Promise<Ended> {
    const ended = await runCommand(home, command);
    const { code, error, stderr, hung, leaks } = ended;
    const said = `${command.args.join(" ")}: exit ${code}, ${stderr.trim()}`;
    figures.command(kind, ended);
    if (hung) figures.breaks(`does not end: ${said}`);
    if (leaks.length > 0) figures.breaks(`prints a token: ${said}`);
    for (const loss of lossesIn(stderr)) await bringBack(loss, said);
    if (error?.code === "CORRUPT") await mend(ended);
    else if (error?.code === "LOCKED") figures.count(IN_VAIN);
    else if (code && !expected.includes(code)) figures.breaks(said);
    return ended;
  }

  async function bringBack({ id, contexts }: Loss, said: string): Promise<void> {
    figures.count("losses reported");
    figures.count("contexts in them", contexts);
    if (id === undefined) return figures.breaks(`a loss without a name: ${said}`);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const { code, error, stdout, stderr } = await run({ kind: "restore", args: ["restore", id] });
      if (error?.code === "CORRUPT" || error?.code === "LOCKED") continue;
      if (code !== 0) return figures.breaks(`a loss cannot be restored, ${stderr.trim()}: ${said}`);
      const { added, removed, changed } = JSON.parse(stdout) as Record<string, string[]>;
      const back = added!.length + changed!.length;
      figures.count("contexts brought back", back);
      if (back === 0) figures.count("reports that found all of it there again");
      if (back > contexts || removed!.length > 0)
        figures.breaks(`restored ${stdout}, not what is in: ${said}`);
      return;
    }
    figures.breaks(`a loss could not be restored in ${MOST_TRIES} tries: ${said}`);
  }

  /** With Python held still: what is unreadable then would stay so for ever. */
  async function mend({ startedAt }: Ended): Promise<void> {
    const doctor = await peers.hold(async () => {
      // Somebody else has seen the same broken file, and mended it.
      if (startedAt < mendedAt) return undefined;
      const { error } = await runCommand(home, LOOK);
      if (error?.code !== "CORRUPT") return void figures.count(IN_VAIN);
      const ended = await runCommand(home, { args: ["doctor", "--fix"] });
      figures.command("doctor --fix", ended);
      mendedAt = performance.now();
      const { code } = await runCommand(home, LOOK);
      if (code !== 0) figures.breaks(`doctor --fix mends nothing: ${ended.stdout}`);
      return ended;
    });
    for (const loss of lossesIn(doctor?.stderr ?? "")) await bringBack(loss, "doctor --fix");
  }

  return {
    run,
    async settle() {
      for (let looks = 0, quiet = 0; quiet < 2 && looks < MOST_LOOKS; looks += 1) {
        const before = figures.counted("losses reported");
        const { code } = await run({ kind: "context list", ...LOOK });
        quiet = code === 0 && figures.counted("losses reported") === before ? quiet + 1 : 0;
      }
    },
  };
}

interface Loss {
  /** What `restore` wants to be given. */
  id: string | undefined;
  contexts: number;
}

/** A command that had to look several times may have found several. */
function lossesIn(stderr: string): Loss[] {
  const reports = stderr.matchAll(/another program (.*?); `bentocloud restore(?: (\w+))?`/g);
  return [...reports].map(([, what = "", id]) => {
    const counts = [...what.matchAll(/(?:removed|put) (\d+) contexts? /g)];
    return { id, contexts: counts.reduce((sum, [, count]) => sum + Number(count), 0) };
  });
}
