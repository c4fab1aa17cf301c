/**
 * A real session with the compiled program and local servers, in a temporary home. Prints each command and its real output,
 * and exits 1 when a step does not do what is expected. `--record` also writes docs/demo.svg.
 */
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { parseArgs } from "node:util";
import { play, type Played } from "./demo/play.ts";
import { draw, toRecording } from "./demo/record.ts";

const { values } = parseArgs({ options: { record: { type: "boolean", default: false } } });
const isTerminal = process.stdout.isTTY;

const played: Played[] = [];
for await (const one of play({ color: values.record || isTerminal })) {
  const { step, output, problems } = one;
  const text = output.join("");
  process.stdout.write(`\n# ${step.say}\n$ ${step.line}\n`);
  process.stdout.write(isTerminal ? text : stripVTControlCharacters(text).replaceAll("\r", ""));
  for (const problem of problems) process.stdout.write(`!! ${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
  played.push(one);
}

const termtosvg = process.env["BENTOCLOUD_TERMTOSVG"];
if (values.record && termtosvg && process.exitCode !== 1)
  draw(
    toRecording(played.filter(({ step }) => step.recorded)),
    join(import.meta.dir, "../docs/demo.svg"),
    termtosvg,
  );
