/** Measures what a person waits for, against a program that does nothing but start. It asserts nothing. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROUNDS = Number(process.argv[2] ?? 40);
const WARM_UP = 5;
const BINARY = join(import.meta.dir, "../dist/bentocloud");

interface Subject {
  label: string;
  command: string[];
  /** The folder of the contexts file. */
  home: string;
}

const folder = mkdtempSync(join(tmpdir(), "bentocloud-bench-"));
try {
  const bare = { label: "bare program", command: [await compileBare()], home: await homeWith(1) };
  const subjects = ["--version", "context current", "token"].map((words) => ({
    label: words,
    command: [BINARY, ...words.split(" ")],
    home: bare.home,
  }));
  const crowded = await Promise.all(
    [1, 100, 1000].map(async (count) => ({
      label: `token, ${count} ${count === 1 ? "context" : "contexts"}`,
      command: [BINARY, "token"],
      home: await homeWith(count),
    })),
  );
  report("Start-up", [bare, ...subjects]);
  report("Size of the contexts file", crowded);
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

async function homeWith(count: number): Promise<string> {
  const home = join(folder, `home-${count}`);
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const contexts = Array.from({ length: count }, (_, index) => {
    const token = `bench${String(index).padStart(27, "0")}`;
    const fields = [
      `api_token: ${token}`,
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

/** The subjects in turn, round after round, so that what else the machine does falls on all alike. */
function report(title: string, subjects: Subject[]): void {
  const times = subjects.map((): number[] => []);
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    for (const [index, subject] of subjects.entries()) {
      const elapsed = time(subject);
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

function time({ label, command, home }: Subject): number {
  const start = Bun.nanoseconds();
  const { exitCode, stderr } = Bun.spawnSync(command, {
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
function peakMemory({ command, home }: Subject): string {
  const script = `import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(peak if sys.platform == "darwin" else peak * 1024)`;
  const { exitCode, stdout } = Bun.spawnSync(["python3", "-c", script, ...command], {
    cwd: folder,
    env: environment(home),
  });
  if (exitCode !== 0) return "not measured (no python3)";
  return `${(Number(stdout.toString()) / 2 ** 20).toFixed(1)} MiB`;
}

function environment(home: string): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: folder, LANG: "C.UTF-8", BENTOML_HOME: home };
}
