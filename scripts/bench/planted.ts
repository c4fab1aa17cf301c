import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PLACES, plant } from "../../test/scan/sixteen-places.ts";
import type { Bench } from "./bench.ts";
import { homeWithFile } from "./homes.ts";
import type { Row } from "./result.ts";

/** How many of sixteen planted tokens each program finds, of those that look into a repository. */
export async function countPlaces({ sandbox, peers }: Bench): Promise<Row[]> {
  const tokens = PLACES.map((_, index) => `d0c4${"abcdefghijklmnop"[index]}q6v9s3g00d5p2l0`);
  const cwd = join(sandbox.folder, "planted");
  const env = sandbox.environment({
    BENTOML_HOME: await homeWithFile(sandbox, tokens.length, { tokens }),
    ...AUTHOR,
  });
  const run = (command: string[]) => {
    const { stdout, stderr } = Bun.spawnSync(command, { cwd, env });
    return { stdout: stdout.toString(), text: `${stdout}${stderr}` };
  };
  mkdirSync(cwd);
  const git = (...args: string[]) => run(["git", ...args]).stdout.trim();
  git("init", "--quiet", "--initial-branch=main");
  plant(
    {
      git,
      write: (file, content) => writeFileSync(join(cwd, file), content),
      commit(message = "change") {
        git("add", "--all");
        git("commit", "--quiet", "--allow-empty", "--message", message);
        return git("rev-parse", "HEAD");
      },
    },
    tokens,
  );
  const { stdout } = run([sandbox.binary, "scan", "--history", "--home", "--json"]);
  const { findings } = JSON.parse(stdout) as { findings: { context: string | null }[] };
  const ours = new Set(findings.flatMap(({ context }) => context ?? [])).size;
  const rows: Row[] = [{ label: "scan --history --home", values: [ours] }];
  const { gitleaks } = peers;
  if (!gitleaks) return rows;
  const [program = ""] = gitleaks.command;
  for (const mode of ["git", "dir"]) {
    const report = ["--report-format=json", "--report-path=-", "--no-banner", "--log-level=error"];
    const found = run([program, mode, ...report, "."]).text;
    rows.push({ label: `gitleaks ${mode}`, values: [tokens.filter((one) => found.includes(one)).length] });
  }
  return rows;
}

const AUTHOR = {
  GIT_AUTHOR_NAME: "a",
  GIT_AUTHOR_EMAIL: "a@bench.test",
  GIT_COMMITTER_NAME: "a",
  GIT_COMMITTER_EMAIL: "a@bench.test",
};
