import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../support/home.ts";
import { openTerminal } from "../support/terminal.ts";
import type { Block } from "./page.ts";

/** How a block of each language is run; `sh` and `console` share one Bash, so that a page can be followed from top to bottom. */
const PROGRAMS: Record<string, string> = {
  zsh: "zsh -f",
  fish: "fish --no-config",
  python: "python3",
  ts: `'${process.execPath}'`,
};

/** Languages whose block is a file that the blocks after it use. */
const FILES: Record<string, string> = { make: "Makefile", toml: "mise.toml" };

export interface Session {
  home: Home;
  env: Record<string, string>;
  /** What a person types when a text appears, in this order. */
  answers?: readonly (readonly [appears: string | RegExp, types: string])[];
  /** Code behind each block of a language, to see what it did. */
  behind?: Record<string, string>;
  /** Shell code that is run before the first block. */
  before?: string;
}

interface Step {
  code: string;
  /** What the page says that it prints; undefined when the page does not say. */
  shows?: string;
}

/**
 * Runs the blocks of a page in one Bash on a terminal, and compares what they print with what the page shows. Throws when
 * one fails.
 */
export async function runBlocks(blocks: readonly Block[], session: Session) {
  const { home, env, answers = [], before = "true" } = session;
  const steps = blocks.flatMap((block) => toSteps(block, session));
  const script = join(home.path, ".page.sh");
  const lines = steps.flatMap(({ code }, index) => [`printf '\\n@@%s\\n' ${index}`, code]);
  writeFileSync(script, ["set -eo pipefail", before, ...lines, "printf '\\n@@end\\n'", ""].join("\n"));
  const terminal = openTerminal([script], { home, env, command: ["bash"], cols: 120, reveals: true });
  for (const [text, typed] of answers) {
    await terminal.waitFor(text, 20_000);
    terminal.write(typed);
  }
  const { code } = await terminal.exit;
  const printed = terminal.screen.replaceAll("\r", "").split(/^@@\w+\n/m);
  if (code !== 0) throw new Error(`exit code ${code}:\n${terminal.screen}`);
  return steps.map((step, index) => ({
    ...step,
    prints: (printed[index + 1] ?? "").replaceAll(home.path, "~").trim(),
  }));
}

function toSteps({ language, text: code }: Block, { home, behind = {} }: Session): Step[] {
  const more = behind[language] ?? "";
  if (language === "console") return readConsole(code);
  if (language === "sh" || language === "bash") return [{ code: `${code}${more}` }];
  const target = FILES[language];
  if (target) return [{ code: `cat > ${target} <<'@@'\n${code}@@\n${more}` }];
  const program = PROGRAMS[language];
  if (!program) return [];
  const file = `.block-${randomUUID()}.${language}`;
  writeFileSync(join(home.path, file), `${code}${more}\n`);
  return [{ code: `${program} ~/${file}` }];
}

/** Lines that begin with `$ ` are commands; what follows each is what it prints. */
function readConsole(code: string): Step[] {
  const parts = code.split(/^\$ /m).slice(1);
  return parts.map((part) => {
    const [command = ""] = part.split("\n");
    const shows = part.slice(command.length).trim();
    // An error is what some commands are there to show.
    return { code: /^(?:error:|\{"error")/.test(shows) ? `${command} || true` : command, shows };
  });
}

/** What differs from run to run is left out. */
export function normalize(text: string): string {
  return text
    .replaceAll(/\*{4}\w{4}/g, "****")
    .replaceAll(/restore [0-9a-f]{4}\b/g, "restore ID")
    .replaceAll(/^\d+ checks passed/gm, "N checks passed")
    .replaceAll(/ {2,}/g, "  ")
    .trim();
}
