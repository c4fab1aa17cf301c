import type { Link } from "./chain.ts";

const MOST_MS = 2 * 60 * 1000;
/** The header says whole seconds. */
const UNIT_MS = 1000;

/** The server's time against that of this machine, by which tokens and certificates are judged. */
export const clock: Link = {
  id: "clock",
  async look(_cli, { clock }) {
    if (!clock) return undefined;
    const { date, from, to } = clock;
    // Somewhere between the question and its answer: only what lies outside of that is a difference.
    const ahead = from.getTime() - (date.getTime() + UNIT_MS);
    const behind = date.getTime() - to.getTime();
    const ms = Math.max(ahead, behind, 0);
    if (ms < MOST_MS) return { status: "ok", message: "this machine and the server agree about the time" };
    return {
      status: "warn",
      message: `the clock of this machine is ${showSpan(ms)} ${ahead > behind ? "ahead of" : "behind"} the server's`,
      hint: "set the clock: API tokens and certificates are judged by it",
    };
  },
};

function showSpan(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
