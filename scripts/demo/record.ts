/** Draws what the demo printed as an animated picture, with termtosvg. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Played, WIDTH } from "./play.ts";

const HEIGHT = 26;
/** For two keys. */
const KEYS_MS = 80;
const READ_MS = 1_800;
const THINK_MS = 900;

type Event = [seconds: number, kind: "o", text: string];

/** A recording in the format of asciinema. A person types, reads, and thinks before an answer. */
export function toRecording(played: readonly Played[]): string {
  const events: Event[] = [];
  let now = 0;
  const show = (text: string, ms = 0) => {
    now += ms;
    events.push([now / 1000, "o", text]);
  };
  for (const { step, output } of played) {
    show(`\u001b[90m# ${step.say}\u001b[39m\r\n$ `, events.length === 0 ? 0 : READ_MS);
    for (const keys of step.line.match(/..?/g) ?? []) show(keys, KEYS_MS);
    show("\r\n", THINK_MS / 3);
    for (const [index, piece] of output.entries()) show(piece, index === 0 ? 120 : THINK_MS);
    show("\r\n");
  }
  show("", 2 * READ_MS);
  const header = { version: 2, width: WIDTH, height: HEIGHT };
  return [header, ...events].map((line) => JSON.stringify(line)).join("\n");
}

export function draw(recording: string, target: string, termtosvg: string): void {
  const folder = mkdtempSync(join(tmpdir(), "bentocloud-recording-"));
  try {
    const cast = join(folder, "demo.cast");
    writeFileSync(cast, `${recording}\n`);
    const template = join(import.meta.dir, "template.svg");
    const { status } = spawnSync(termtosvg, ["render", cast, target, "-t", template], { stdio: "inherit" });
    if (status !== 0) throw new Error("termtosvg could not draw the recording");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
