/** Plays the demo with the compiled program, each step on a pseudo-terminal, in a temporary home. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { startInternet } from "../../test/support/internet.ts";
import { type Step, STEPS, type Tokens } from "./steps.ts";

const BINARY = join(import.meta.dir, "../../dist/bentocloud");

/** Columns of the terminal. */
export const WIDTH = 92;

/** What a step printed. */
export interface Played {
  step: Step;
  /** In pieces: after each of them the person did something. */
  output: string[];
  /** How its exit code or output differs from what the step expects. */
  problems: string[];
}

export async function* play({ color }: { color: boolean }): AsyncGenerator<Played> {
  const home = mkdtempSync(join(tmpdir(), "bentocloud-demo-"));
  const internet = await startInternet();
  try {
    const { cloud, yatai } = internet;
    const ADA = { email: "ada@example.test" };
    const tokens = { staging: yatai.issueToken({ ...ADA, organization: "staging-team" }) };
    const [TOKEN, REVOKED] = [cloud.issueToken({ ...ADA, organization: "acme" }), cloud.issueToken(ADA)];
    cloud.deploy(TOKEN, ["translator", "summarizer"]);
    cloud.revoke(REVOKED);
    const env = {
      ...internet.env,
      ...(color ? {} : { NO_COLOR: "1" }),
      PATH: `${addPrograms(home)}:${process.env["PATH"]}`,
      BROWSER: join(home, "bin/browser"),
      HOME: home,
      LANG: "C.UTF-8",
      TERM: "xterm-256color",
      TOKEN,
      REVOKED,
    };
    for (const step of STEPS) yield await run(step, { home, env, tokens });
  } finally {
    await internet.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

const APPROVE = `const url = new URL(process.argv[2]);
const body = new URLSearchParams({ code: url.searchParams.get("code"), email: "ada@example.test" });
await fetch(url.origin + url.pathname + "/approve", { method: "POST", body });
`;

/** The program, and a browser in which somebody approves every sign-in. Returns their directory. */
function addPrograms(home: string): string {
  const directory = join(home, "bin");
  for (const path of [directory, join(home, "project")]) mkdirSync(path);
  symlinkSync(BINARY, join(directory, "bentocloud"));
  const approve = join(directory, "approve.ts");
  writeFileSync(approve, APPROVE);
  writeFileSync(join(directory, "browser"), `#!/bin/sh\nexec '${process.execPath}' '${approve}' "$1"\n`);
  chmodSync(join(directory, "browser"), 0o755);
  return directory;
}

interface Place {
  home: string;
  env: Record<string, string>;
  tokens: Tokens;
}

async function run(step: Step, { home, env, tokens }: Place): Promise<Played> {
  const output = [""];
  const waiting = [...(step.answers ?? [])];
  const closed = Promise.withResolvers<void>();
  const decoder = new TextDecoder();
  const child = Bun.spawn(["sh", "-c", step.line], {
    cwd: join(home, step.cwd ?? "."),
    env,
    terminal: {
      cols: WIDTH,
      rows: 30,
      data(terminal, chunk) {
        const piece = output.at(-1) + decoder.decode(chunk, { stream: true }).replaceAll(home, "~");
        output[output.length - 1] = piece;
        const [appears, types] = waiting[0] ?? [];
        if (!appears || !contains(stripVTControlCharacters(piece), appears)) return;
        waiting.shift();
        output.push("");
        terminal.write(types!(tokens));
      },
      exit: () => closed.resolve(),
    },
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), 30_000);
  const code = await child.exited;
  clearTimeout(timer);
  await Promise.race([closed.promise, Bun.sleep(300)]);
  const text = stripVTControlCharacters(output.join("")).replaceAll("\r", "");
  const { code: expected = 0 } = step;
  const problems = step.shows
    .filter((pattern) => !contains(text, pattern))
    .map((pattern) => `did not show ${pattern}`);
  if (code !== expected) problems.push(`exit code ${code}, expected ${expected}`);
  return { step, output, problems };
}

function contains(text: string, pattern: string | RegExp): boolean {
  return typeof pattern === "string" ? text.includes(pattern) : pattern.test(text);
}
