import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { startCloud } from "../../test/support/cloud.ts";
import { makeCertificates } from "../../test/support/tls.ts";

/** Where Debian and Alpine list the authorities that the system trusts. */
const STORE = "/etc/ssl/certs/ca-certificates.crt";
const EMAIL = "ada@example.test";
/** What a process that waits for the lock in vain exits with. */
const EXIT_STORAGE = 6;
const WRITERS = Array.from({ length: 20 }, (_, index) => `writer-${index}`);

export interface Runner {
  /** Runs a program of the target, which comes behind it. */
  command: string[];
  /** Far slower than a processor. */
  isEmulated: boolean;
}

interface Options {
  stdin?: string;
  env?: Record<string, string>;
  /** Runs this, with the program and its arguments behind it. */
  inside?: string[];
}

/** Runs the program once. */
type Run = (args: string[], options?: Options) => Promise<{ code: number; output: string }>;

/**
 * Runs a session against a local server, with what differs between systems: processor, C library, file system, trusted
 * authorities. Resolves to one sentence for each failure.
 */
export async function smoke({ command, isEmulated }: Runner, program: string): Promise<string[]> {
  const home = mkdtempSync(join(tmpdir(), "bentocloud-verify-"));
  const certificates = await makeCertificates();
  const [cloud, secure] = await Promise.all([startCloud(), startCloud({ tls: certificates.leaf })]);
  const [token, secureToken] = [cloud, secure].map((one) => one.issueToken({ email: EMAIL })) as [
    string,
    string,
  ];
  const problems: string[] = [];
  const run: Run = async (args, { inside = [], stdin = "", env = {} } = {}) => {
    const child = Bun.spawn([...inside, ...command, program, ...args], {
      cwd: home,
      env: { HOME: home, PATH: process.env["PATH"] ?? "", ...env },
      stdin: Buffer.from(stdin),
      stdout: "pipe",
      stderr: "pipe",
    });
    const output = (await new Response(child.stdout).text()) + (await new Response(child.stderr).text());
    return { code: await child.exited, output };
  };
  const step = async (args: string[], shows: string, options: Options = {}) => {
    const { code, output } = await run(args, options);
    if (code === 0 && output.includes(shows)) return;
    const text = output.replaceAll(token, "****").replaceAll(secureToken, "****").trim();
    problems.push(`${args[0]} ended with ${code}: ${text}`);
  };
  const login = (endpoint: string) => ["login", "--endpoint", endpoint, "--with-token"];
  try {
    await step(["--version"], `bentocloud ${manifest.version}`);
    await step(login(cloud.url), EMAIL, { stdin: token });
    await step(["token"], token);
    await step(["status"], "valid");
    // The code of these two is in the program as text, not as bytecode.
    await step(["api", "/api/v1/auth/current", "--jq", ".email"], EMAIL);
    await step(["explain"], "current_context_name");
    await step(["env", "--shell", "sh"], `export BENTO_CLOUD_API_KEY='${token}'`);
    await step(["exec", "--", "sh", "-c", 'echo "for $BENTO_CLOUD_API_ENDPOINT"'], `for ${cloud.url}`);
    if (existsSync(STORE)) {
      writeFileSync(join(home, "ca.pem"), certificates.ca);
      const trusted = { stdin: secureToken, inside: trusting(join(home, "ca.pem")) };
      await step([...login(secure.url), "--context", "secure"], EMAIL, trusted);
    }
    const atOnce = isEmulated ? 4 : WRITERS.length;
    problems.push(...(await writeAtOnce(run, join(home, "many"), atOnce)));
  } finally {
    await Promise.all([cloud.stop(), secure.stop()]);
    rmSync(home, { recursive: true, force: true });
  }
  return problems;
}

/** A command in a mount namespace where the system trusts this authority alone. */
function trusting(authority: string): string[] {
  const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
  const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  return ["unshare", ...user, "--mount", "sh", "-c", script, "sh", authority, STORE];
}

/** Each of many processes changes one file. One that gives up waiting for the lock, as in a slow emulator, runs again. */
async function writeAtOnce(run: Run, folder: string, atOnce: number): Promise<string[]> {
  const options = { env: { BENTOML_HOME: folder } };
  const entry = (name: string) => ({
    name: `old-${name}`,
    endpoint: "https://cloud.test",
    api_token: "a-token",
    email: null,
  });
  mkdirSync(folder);
  writeFileSync(join(folder, ".yatai.yaml"), JSON.stringify({ contexts: WRITERS.map(entry) }));
  const problems: string[] = [];
  const rename = async (name: string) => {
    let result = { code: EXIT_STORAGE, output: "" };
    for (let left = 20; left > 0 && result.code === EXIT_STORAGE; left -= 1)
      result = await run(["context", "rename", `old-${name}`, name], options);
    if (result.code !== 0) problems.push(`${name} ended with ${result.code}: ${result.output}`);
  };
  const queue = [...WRITERS];
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) await rename(name);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  const { output } = await run(["context", "list"], options);
  const lost = WRITERS.filter((name) => !new RegExp(`^[ *]*${name} `, "m").test(output));
  return lost.length === 0
    ? problems
    : [...problems, `simultaneous changes lost ${lost.join(", ")}\n${output}`];
}
