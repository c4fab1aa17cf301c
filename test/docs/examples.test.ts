import { afterAll, expect, test } from "bun:test";
import { chmodSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { listLeaves } from "../../scripts/docs/commands.ts";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home as newHome, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { needs, type Tool } from "../support/needs.ts";
import tools from "../support/tools.json" with { type: "json" };
import { linkProgram } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";

// What a GitHub job hands to its later steps, and a token that leaked.
sweepCanaries({ files: ["github.env", "project/leaked.txt"] });

const clouds: { stop(): Promise<void> }[] = [];
afterAll(() => Promise.all(clouds.map((cloud) => cloud.stop())));

/** Programs that examples hand something to; these only read it. */
const STAND_INS = ["gh", "curl", "bentoml", "op", "code", "docker", "agent"];

interface Special {
  shell?: "fish" | "zsh";
  /** Why it is not run. */
  notRun?: string;
  /** Replaces a part of the line that stands for a value of the reader's. */
  replace?: (line: string) => string;
  /** Files that the line needs. */
  before?: string;
}

const SPECIAL: Record<string, Special> = {
  "bentocloud login": { notRun: "it asks; test/docs/guides.test.ts follows it in the README" },
  "bentocloud login --context staging --endpoint https://bento.example.com": { notRun: "it asks" },
  "bentocloud restore 3f9c": {
    before: "bentocloud logout staging",
    replace: (line) => line.replace("3f9c", "$(bentocloud restore --json | jq -r '.versions[0].id')"),
  },
  "bentocloud cloud login --endpoint https://bento.example.com": { notRun: "it asks" },
  "bentocloud context rename default prod": {
    before: "bentocloud context rename prod default",
  },
  "bentocloud env --shell fish | source": { shell: "fish" },
  "source <(bentocloud completion zsh)": { shell: "zsh", before: "autoload -U compinit && compinit -u" },
  'bentocloud completion zsh > "${fpath[1]}/_bentocloud"': {
    shell: "zsh",
    before: "mkdir ~/completions && fpath=(~/completions $fpath)",
  },
  "bentocloud completion fish > ~/.config/fish/completions/bentocloud.fish": {
    before: "mkdir -p ~/.config/fish/completions",
  },
  "bentocloud completion powershell | Out-String | Invoke-Expression": { notRun: "it needs PowerShell" },
  "bentocloud api -X DELETE /api/v2/deployments/NAME": { replace: (line) => line.replace("NAME", "chat") },
  "bentocloud context store prod --to keyring --rotate": {
    notRun: "it needs a keyring; test/secrets/ has one",
  },
  "bentocloud context store ci --to command -- op read op://team/bento/token": {
    notRun: "it needs a program that prints the token; test/secrets/ has some",
  },
  "bentocloud proxy --open --for 1h": { replace: (line) => line.replace("1h", "1s") },
  "bentocloud proxy --read-only --port 8123": { replace: (line) => `${line} --for 1s` },
  "bentocloud use -": { before: "bentocloud use staging" },
  "bentocloud api-token create ci --expires 90d | gh secret set BENTO_CLOUD_API_KEY": {
    before: "bentocloud api-token delete ci --yes",
  },
  "bentocloud api /api/v1/api_tokens -f name=ci -f 'scopes[]=api'": {
    before: "bentocloud api-token delete ci --yes",
  },
  "bentocloud logout --all --revoke --purge": { replace: (line) => `${line} --yes` },
  "bentocloud api-token revoke --with-token < leaked.txt": { before: 'printf %s "$TOKEN" > leaked.txt' },
  "bentocloud scan --history --home": { before: "git init --quiet" },
  "bentocloud scan --install-hook pre-commit": { before: "git init --quiet" },
  "bentocloud unlink": { before: "bentocloud link" },
  "bentocloud context unprotect prod": { before: "bentocloud context protect prod" },
};

const LINES = (await listLeaves()).flatMap(({ command }) => command.examples?.map(([line]) => line) ?? []);

test("every special case is an example", () => {
  expect(Object.keys(SPECIAL).filter((line) => !LINES.includes(line))).toEqual([]);
});

/** The programs that a line runs, apart from the stand-ins. */
function toolsIn(line: string): Tool[] {
  const words = new Set(line.split(/[^\w-]+/));
  return (Object.keys(tools) as Tool[]).filter((tool) => words.has(tool) && !STAND_INS.includes(tool));
}

for (const line of LINES.filter((one) => SPECIAL[one]?.notRun === undefined)) {
  const { shell = "bash", replace = String, before = "true" } = SPECIAL[line] ?? {};
  needs(...toolsIn(`${shell} ${line}`)).test(line, async () => {
    const { home, env } = await prepare();
    const strict = shell === "fish" ? "true" : "set -eo pipefail";
    const script = [strict, before, replace(line)].join("\n");
    const { code, stderr } = await run(["-c", script], {
      command: [shell],
      home,
      cwd: join(home.path, "project"),
      env,
      reveals: true,
    });
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  });
}

/** A home with the contexts `prod`, which is current, `staging` and `dev`, and API tokens on the server. */
async function prepare() {
  const cloud = await startCloud();
  clouds.push(cloud);
  const home = newHome();
  const createdAt = new Date(Date.now() - 1e9);
  const token = cloud.issueToken({ name: "workstation", createdAt });
  const earlier = new Date(Date.now() - 2e9);
  for (const name of ["ci", "old-laptop"]) cloud.issueToken({ name, createdAt: earlier });
  cloud.deploy(token, ["chat"]);
  const [endpoint, staging] = [cloud.url, cloud.issueToken({ name: "staging", createdAt })];
  writeContexts(home, [
    { name: "prod", endpoint, token },
    { name: "staging", endpoint, token: staging },
  ]);
  mkdirSync(join(home.path, "project"));
  const addProgram = (path: string, line: string) =>
    chmodSync(writeBelow(home.path, path, `#!/bin/sh\n${line}\n`), 0o755);
  linkProgram(join(home.path, "bin"));
  for (const name of STAND_INS) addProgram(`bin/${name}`, "test -t 0 || cat >/dev/null");
  addProgram("project/deploy.sh", "true");
  const PATH = `${home.path}/bin:${process.env["PATH"]}`;
  const env = { PATH, GITHUB_ENV: join(home.path, "github.env"), BENTO_CLOUD_API_ENDPOINT: endpoint };
  return { home, env: { ...env, TOKEN: cloud.issueToken({ createdAt }) } };
}
