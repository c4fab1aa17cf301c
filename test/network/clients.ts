import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installLibrary } from "../library/package.ts";
import { run } from "../support/bin.ts";
import { removeFolder } from "../support/posix.ts";
import { programCommand, runtimeEnvironment } from "../support/program.ts";
import { type Runtime, RUNTIMES } from "../support/runtimes.ts";

/** One request that both the command line and the library can send. */
export interface Wanted {
  path: string;
  /** Variables that are set from this request on; undefined unsets one. */
  env?: Record<string, string | undefined>;
  init?: { method?: string; headers?: Record<string, string>; body?: string };
}

interface Outcome {
  /** `OK`, or the code of the error. */
  code: string;
  /** The answer, or the sentence of the error. */
  message: string;
  hint?: string;
}

interface Options {
  endpoint: string;
  token: string;
  env?: Record<string, string>;
  timeoutMs?: number;
  /** False by default. */
  insecureHttp?: boolean;
  /** Whether the runtime prints warnings of its own, as Node does of a file that it cannot use. */
  warns?: boolean;
  /** Where the search for a `.bentorc` begins. */
  cwd?: string;
  /** Put before the command line, for example `unshare`. */
  prefix?: string[];
  /** Sends all requests at the same time, where they do without variables of their own. */
  atOnce?: boolean;
}

/** Something that sends requests: the program, or the library in a runtime. */
export interface Client {
  name: string;
  isMissing: boolean;
  ask(options: Options, ...wanted: Wanted[]): Promise<Outcome[]>;
}

/** Shared by the test files of a process, each of which cleans up after itself. */
const directory = mkdtempSync(join(tmpdir(), "bentocloud-library-"));
process.on("exit", () => removeFolder(directory));
installLibrary(directory);
cpSync(join(import.meta.dirname, "requests.ts"), join(directory, "requests.ts"));

export const CLIENTS: readonly Client[] = [
  { name: "the program", isMissing: false, ask: askProgram },
  ...RUNTIMES.map((runtime) => ({
    name: `the library in ${runtime.name}`,
    isMissing: runtime.isMissing,
    ask: (options: Options, ...wanted: Wanted[]) => askLibrary(runtime, options, wanted),
  })),
];

async function askProgram({ atOnce, ...options }: Options, ...wanted: Wanted[]): Promise<Outcome[]> {
  if (atOnce) return (await Promise.all(wanted.map((one) => askProgram(options, one)))).flat();
  const { timeoutMs = 5000, insecureHttp = false, prefix = [] } = options;
  const outcomes: Outcome[] = [];
  const env = environmentOf(options);
  for (const { path, env: more = {}, init = {} } of wanted) {
    Object.assign(env, more);
    const headers = Object.entries(init.headers ?? {}).flatMap(([name, value]) => [
      "-H",
      `${name}: ${value}`,
    ]);
    const args = ["api", path, ...headers, "--json", `--timeout=${timeoutMs / 1000}`];
    if (init.method) args.push("-X", init.method);
    if (init.body !== undefined) args.push("--input", "-");
    if (insecureHttp) args.push("--insecure-http");
    const command = [...prefix, ...programCommand()];
    const { code, stdout, stderr } = await run(args, {
      env: defined(env),
      ...cwdOf(options),
      command,
      stdin: init.body ?? null,
    });
    outcomes.push(code === 0 ? { code: "OK", message: stdout.trim() } : JSON.parse(stderr).error);
  }
  return outcomes;
}

async function askLibrary(
  { name, command }: Runtime,
  options: Options,
  wanted: Wanted[],
): Promise<Outcome[]> {
  const { timeoutMs = 5000, insecureHttp = false, prefix = [], atOnce = false } = options;
  const { code, stdout, stderr } = await run([JSON.stringify({ insecureHttp, timeoutMs, atOnce, wanted })], {
    ...cwdOf(options),
    env: defined({ ...runtimeEnvironment(name), ...environmentOf(options) }),
    command: [...prefix, ...command(join(directory, "requests.ts"))],
    timeoutMs: 120_000,
  });
  if (code !== 0 || (stderr !== "" && !options.warns)) throw new Error(`${name}: exit ${code}\n${stderr}`);
  return JSON.parse(stdout) as Outcome[];
}

function cwdOf({ cwd }: Options): { cwd?: string } {
  return cwd === undefined ? {} : { cwd };
}

function environmentOf({ endpoint, token, env }: Options): Record<string, string | undefined> {
  return { BENTO_CLOUD_API_KEY: token, BENTO_CLOUD_API_ENDPOINT: endpoint, ...env };
}

function defined(env: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
