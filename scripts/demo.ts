/**
 * A real session with the compiled binary and a local BentoCloud server, in a temporary home. Prints each command and its
 * real output. Exits 1 when a step does not do what is expected here.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCloud } from "../test/support/cloud.ts";

const BINARY = join(import.meta.dir, "..", "dist", "bentocloud");

interface Step {
  args: string[];
  /** The comment above the command. */
  say: string;
  code?: number;
  /** What the output must contain. */
  shows: (string | RegExp)[];
  stdin?: string;
  /** Shell text that is shown around the command, so that a reader can repeat the session. */
  before?: string;
  after?: string;
  /** Shows only stderr, for a command whose stdout goes into a variable. */
  captured?: boolean;
  env?: Record<string, string>;
  cwd?: string;
}

const home = mkdtempSync(join(tmpdir(), "bentocloud-demo-"));
const project = join(home, "project", "deep", "inside");
const production = await startCloud();
const yatai = await startCloud({ dialect: "yatai" });
let failures = 0;

try {
  mkdirSync(project, { recursive: true });
  const good = production.issueToken({ email: "ada@example.test", organization: "acme" });
  const staging = yatai.issueToken({ email: "ada@example.test", organization: "staging-team" });
  production.deploy(good, ["translator", "summarizer"]);
  const revoked = production.issueToken();
  production.revoke(revoked);

  await step({
    say: "Sign in with a token from standard input",
    before: 'printf %s "$TOKEN" | ',
    args: ["login", "--endpoint", production.url, "--with-token"],
    stdin: good,
    shows: ["Logged in", "ada@example.test", "acme", 'context "default", now current'],
  });
  await step({
    say: "Who is that, and does the token work?",
    args: ["status"],
    shows: ["default", production.url, "acme", /verdict\s+valid/],
  });
  await step({
    say: "A second context, on a self-hosted Yatai",
    before: 'printf %s "$STAGING" | ',
    args: ["login", "--context", "staging", "--endpoint", yatai.url, "--with-token"],
    stdin: staging,
    shows: ['context "staging", now current', "staging-team"],
  });
  await step({ say: "Both", args: ["context", "list"], shows: [/\* +staging/, "default"] });
  await step({ say: "Back to the first", args: ["use", "-"], shows: ['Switched to context "default"'] });
  await step({
    say: "What runs there?",
    args: ["api", "/api/v2/deployments", "--jq", ".items[].name"],
    shows: [/^summarizer\ntranslator\n$/],
  });
  await step({
    say: "An API token of its own for CI, saved as a context at once",
    before: "CI_TOKEN=$(",
    args: ["api-token", "create", "ci", "--expires", "30d", "--login", "ci", "--no-use"],
    after: ")",
    captured: true,
    shows: ['Created the API token "ci"', 'Saved as context "ci"'],
  });
  await step({
    say: "And a new one in its place, whenever it is time",
    args: ["api-token", "rotate", "ci"],
    shows: ['Rotated "ci"', "is deleted"],
  });
  await step({
    say: "Bind a project to staging",
    args: ["link", "staging"],
    cwd: join(home, "project"),
    shows: [".bentorc"],
  });
  await step({
    say: "Every directory inside it uses staging now",
    args: ["status"],
    cwd: project,
    shows: [/context\s+staging/, ".bentorc:1", /verdict\s+valid/],
  });
  await step({
    say: "Why? And what would Python bentoml use here?",
    args: ["explain"],
    cwd: project,
    shows: [/\* +\.bentorc +staging .* the first that chooses/, /bentoml +default/],
  });
  await step({
    say: "A program started there gets its credentials, and no others",
    args: ["exec", "--", "printenv", "BENTO_CLOUD_API_ENDPOINT"],
    cwd: project,
    shows: [yatai.url],
  });
  await step({
    say: "A CI job signs in by variables alone",
    args: ["whoami"],
    before: 'BENTO_CLOUD_API_KEY="$TOKEN" ',
    env: { BENTO_CLOUD_API_KEY: good, BENTO_CLOUD_API_ENDPOINT: production.url, HOME: join(home, "nobody") },
    shows: ["ada@example.test in acme (context __env__)"],
  });
  await step({
    say: "A revoked token is refused, and nothing changes",
    before: 'printf %s "$REVOKED" | ',
    args: ["login", "--endpoint", production.url, "--with-token"],
    stdin: revoked,
    code: 4,
    shows: ["error:", "does not accept the API token"],
  });
  await step({
    say: "Sign out",
    args: ["logout", "--all", "--yes"],
    shows: ['Removed context "default"', "No context is left"],
  });
  await step({ say: "That was it", args: ["status"], code: 4, shows: ["not_logged_in"] });
  if (existsSync(join(home, "nobody"))) fail("the CI job wrote a file");
} finally {
  await Promise.all([production.stop(), yatai.stop()]);
  rmSync(home, { recursive: true, force: true });
}

process.exitCode = failures === 0 ? 0 : 1;

async function step({
  args,
  say,
  code = 0,
  shows,
  stdin = "",
  before = "",
  after = "",
  captured = false,
  env = {},
  cwd = home,
}: Step): Promise<void> {
  process.stdout.write(`\n# ${say}\n$ ${before}bentocloud ${args.map(quote).join(" ")}${after}\n`);
  const child = Bun.spawn([BINARY, ...args], {
    cwd,
    env: { PATH: process.env["PATH"] ?? "", HOME: home, LANG: "C.UTF-8", ...env },
    stdin: Buffer.from(stdin),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  process.stdout.write(captured ? stderr : stdout + stderr);
  if (exitCode !== code) fail(`exit code ${exitCode}, expected ${code}`);
  for (const pattern of shows) {
    const found =
      typeof pattern === "string" ? (stdout + stderr).includes(pattern) : pattern.test(stdout + stderr);
    if (!found) fail(`did not show ${pattern}`);
  }
}

/** Quotes an argument for a shell. */
function quote(arg: string): string {
  return /^[\w@%+=:,./-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`;
}

function fail(reason: string): void {
  failures += 1;
  process.stdout.write(`!! ${reason}\n`);
}
