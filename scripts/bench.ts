/** Measures what a person waits for, against a program that does nothing but start. It asserts nothing. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROUNDS = Number(process.argv[2] ?? 40);
const WARM_UP = 5;
const BINARY = join(import.meta.dir, "../dist/bentocloud");
const COUNTS = [1, 100, 1_000, 10_000];

interface Subject {
  label: string;
  /** One a round, in turn, so that each can undo the one before. */
  commands: string[][];
  /** The folder of the contexts file. */
  home: string;
}

const folder = mkdtempSync(join(tmpdir(), "bentocloud-bench-"));
try {
  const bare = { label: "bare program", commands: [[await compileBare()]], home: await homeByHand(1) };
  const subjects = ["--version", "context current", "token"].map((words) => ({
    label: words,
    commands: [[BINARY, ...words.split(" ")]],
    home: bare.home,
  }));
  report("Start-up", [bare, ...subjects]);
  const token = [[BINARY, "token"]];
  report("token, file written by hand", await crowds(COUNTS, homeByHand, () => token));
  report("token, file written by use", await crowds(COUNTS, homeByUse, () => token));
  // A switch takes two.
  report("use, there and back", await crowds([2, ...COUNTS.slice(1)], homeByHand, thereAndBack));
  console.log(
    `\nPeak memory\n  bare program  ${peakMemory(bare)}\n  token         ${peakMemory(subjects[2]!)}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function compileBare(): Promise<string> {
  const source = join(folder, "bare.ts");
  const outfile = join(folder, "bare");
  await Bun.write(source, 'console.log("word");\n');
  await Bun.build({
    entrypoints: [source],
    target: "bun",
    format: "esm",
    bytecode: true,
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false },
  });
  return outfile;
}

/** The same for each number of contexts. */
async function crowds(
  counts: number[],
  homeWith: (count: number) => Promise<string>,
  commandsFor: (count: number) => string[][],
): Promise<Subject[]> {
  const subjects = counts.map(async (count) => ({
    label: `${count.toLocaleString("en")} ${count === 1 ? "context" : "contexts"}`,
    commands: commandsFor(count),
    home: await homeWith(count),
  }));
  return Promise.all(subjects);
}

function thereAndBack(count: number): string[][] {
  return ["c0", `c${count - 1}`].map((name) => [BINARY, "use", name]);
}

/** Nothing stands beside the file. */
async function homeByHand(count: number): Promise<string> {
  const home = mkdtempSync(join(folder, "home-"));
  const contexts = Array.from({ length: count }, (_, index) => {
    const fields = [
      `api_token: bench${String(index).padStart(27, "0")}`,
      "email: me@bench.test",
      "endpoint: https://bench.test",
      `name: c${index}`,
    ];
    return `- ${fields.join("\n  ")}\n`;
  });
  const text = `contexts:\n${contexts.join("")}current_context_name: c${count - 1}\n`;
  await Bun.write(join(home, ".yatai.yaml"), text, { mode: 0o600 });
  return home;
}

/** The program has written the file, and its own folder stands beside it. */
async function homeByUse(count: number): Promise<string> {
  const home = await homeByHand(count);
  const file = join(home, ".yatai.yaml");
  const text = await Bun.file(file).text();
  await Bun.write(file, text.replace(/(?<=^current_context_name: ).*/m, "nobody"));
  time({ label: "use", commands: [[BINARY, "use", `c${count - 1}`]], home }, 0);
  return home;
}

/** The subjects in turn, round after round, so that what else the machine does falls on all alike. */
function report(title: string, subjects: Subject[]): void {
  const times = subjects.map((): number[] => []);
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [index, subject] of subjects.entries()) {
      const elapsed = time(subject, round + WARM_UP);
      if (round >= 0) times[index]!.push(elapsed);
    }
  }
  console.log(`\n${title.padEnd(28)}  median     p10     p90   ratio   (ms, ${ROUNDS} rounds)`);
  for (const [index, { label }] of subjects.entries()) {
    const median = quantile(times[index]!, 0.5);
    const numbers = [median, quantile(times[index]!, 0.1), quantile(times[index]!, 0.9)];
    const ratio = `${(median / quantile(times[0]!, 0.5)).toFixed(2)}×`;
    console.log(
      `  ${label.padEnd(26)}${numbers.map((x) => x.toFixed(1).padStart(8)).join("")}${ratio.padStart(8)}`,
    );
  }
}

function time({ label, commands, home }: Subject, round: number): number {
  const start = Bun.nanoseconds();
  const { exitCode, stderr } = Bun.spawnSync(commands[round % commands.length]!, {
    cwd: folder,
    env: environment(home),
    stderr: "pipe",
  });
  const elapsed = (Bun.nanoseconds() - start) / 1e6;
  if (exitCode !== 0) throw new Error(`${label} ended with ${exitCode}: ${stderr.toString()}`);
  return elapsed;
}

function quantile(values: number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.round(fraction * (sorted.length - 1))]!;
}

/**
 * Through a small parent: the peak that the system reports for a child is never below its parent's size at the
 * moment it was started, and this process is larger than what it measures.
 */
function peakMemory({ commands, home }: Subject): string {
  const script = `import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(peak if sys.platform == "darwin" else peak * 1024)`;
  const { exitCode, stdout } = Bun.spawnSync(["python3", "-c", script, ...commands[0]!], {
    cwd: folder,
    env: environment(home),
  });
  if (exitCode !== 0) return "not measured (no python3)";
  return `${(Number(stdout.toString()) / 2 ** 20).toFixed(1)} MiB`;
}

function environment(home: string): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: folder, LANG: "C.UTF-8", BENTOML_HOME: home };
}
