import { spawnSync } from "node:child_process";

interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
}

/** Returns what a tool printed. @throws Error with its output when it fails, or when it is missing. */
export function run(command: readonly string[], { cwd, env }: RunOptions = {}): string {
  const [program = "", ...args] = command;
  const { status, error, stdout, stderr } = spawnSync(program, args, {
    ...(cwd !== undefined && { cwd }),
    env: { ...process.env, ...env },
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error) throw new Error(`${program} cannot be run: ${error.message}`);
  if (status !== 0) throw new Error(`${command.join(" ")} failed\n${stdout}${stderr}`);
  return stdout;
}
