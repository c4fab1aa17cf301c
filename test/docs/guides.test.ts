import { afterAll, expect, test } from "bun:test";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import { installLibrary } from "../library/package.ts";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home as newHome, type Home } from "../support/home.ts";
import type { NewToken } from "../support/cloud/records.ts";
import { CLOUD, type Internet, startInternet, YATAI } from "../support/internet.ts";
import { needs, type Tool } from "../support/needs.ts";
import { linkProgram } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { listPages, readPage } from "./page.ts";
import { normalize, runBlocks, type Session } from "./session.ts";

// Both files are there to hold a token: a guide writes them for a job.
sweepCanaries({ files: ["ci-token", "secret-file"] });

const used: Internet[] = [];
afterAll(() => Promise.all(used.map((internet) => internet.stop())));

/** Where the reader of a page is when it begins. */
interface Start {
  /** The stored contexts, the current one first; `staging` is on the self-hosted server, the others on BentoCloud. */
  contexts?: readonly string[];
  /** What `$TOKEN` is. */
  token?: NewToken;
  /** Other API tokens of the same user on BentoCloud. */
  others?: readonly string[];
  tools?: readonly Tool[];
  answers?: (staging: string) => NonNullable<Session["answers"]>;
  behind?: Record<string, string>;
  /** What happened before, as shell code. */
  before?: string;
  /** Texts that the page's blocks print, in this order. */
  prints?: readonly (string | RegExp)[];
  prepare?: (home: Home) => void;
}

const WAY = /How do you want to sign in to \S+\?/;

const PAGES: Record<string, Start> = {
  "README.md": {
    tools: ["curl", "jq"],
    answers: (staging) => [
      [WAY, "\r"],
      [/API token for/, `${staging}\r`],
    ],
    prints: [
      'Saved as context "default"',
      "valid",
      'Saved as context "staging"',
      "https://yatai.example.com",
      "Rotated",
    ],
  },
  "docs/guides/prompt.md": {
    contexts: ["production", "staging"],
    tools: ["zsh", "fish"],
    // The shell inside.
    answers: () => [[/[$#] $/, "bentocloud context current\rexit\r"]],
    behind: {
      bash: 'printf "%s\\n" "${PS1@P}"',
      zsh: 'print -rP -- "$PROMPT"',
      fish: "fish_right_prompt",
    },
    prints: ["staging", "[production] ", "[production] ", "[production]"],
  },
  "docs/guides/direnv.md": {
    contexts: ["production", "staging"],
    tools: ["direnv"],
    prints: ["as staging", "as staging", "staging", "https://yatai.example.com"],
  },
  "docs/guides/organizations.md": {
    contexts: ["production"],
    token: { organization: "research-lab" },
    prints: ["research", "valid", "https://cloud.bentoml.com"],
  },
  "docs/guides/make-and-notebooks.md": {
    contexts: ["production", "staging"],
    tools: ["jq"],
    behind: { python: 'print(os.environ["BENTO_CLOUD_API_ENDPOINT"])' },
    prints: ["https://cloud.bentoml.com", "true", "https://cloud.bentoml.com"],
  },
  "docs/guides/ci.md": { token: {}, prints: ["valid"] },
  "docs/guides/agents.md": {
    contexts: ["production"],
    tools: ["curl"],
    prints: ["as production", '"name":"acme"', "as production"],
  },
  "docs/guides/leaked-token.md": {
    contexts: ["production"],
    others: ["ci"],
    prints: ["Rotated", "valid", "Deleted", "Deleted"],
  },
  "docs/guides/leaving.md": {
    contexts: ["production"],
    others: ["old-laptop"],
    tools: ["curl"],
    answers: () => [[WAY, "\r"]],
    prints: ["Logged in", "old-laptop", "Deleted"],
  },
  "docs/guides/typescript.md": {
    contexts: ["production"],
    prepare: (home) => installLibrary(home.path),
    prints: ["2 of 2 deployments in production"],
  },
  "docs/reference/api.md": { contexts: ["production"], prints: ["summarizer"] },
  "docs/reference/doctor.md": {
    contexts: ["production"],
    before:
      'cp ~/bentoml/.yatai.yaml ~/before; printf %s "$TOKEN" | bentocloud login --context staging --no-use --with-token; ' +
      "mv ~/before ~/bentoml/.yatai.yaml; bentocloud context current",
  },
  "docs/reference/exec.md": {
    contexts: ["production"],
    tools: ["fish"],
    behind: {
      bash: "type bentoml",
      fish: "functions bentoml",
    },
    prints: ["bentoml is a function", "function bentoml"],
  },
  "docs/reference/exit-codes.md": { contexts: ["production"] },
};

/** Pages whose blocks other tests run. */
const ELSEWHERE = {
  "SECURITY.md": "test/package/recipes.test.ts",
  "docs/guides/rotate-everywhere.md": "test/commands/api-token-deliver.test.ts",
  "docs/guides/install.md": "test/package/recipes.test.ts",
  "docs/reference/commands.md": "test/docs/examples.test.ts",
  "docs/reference/library.md": "declarations only, which test/docs/reference.test.ts compares",
};

test("every page with a block that can be run is run", () => {
  const RUNNABLE = new Set(["sh", "bash", "console", "zsh", "fish", "python", "ts"]);
  const pages = listPages("*.md", "docs/guides/*.md", "docs/reference/*.md").filter(({ blocks }) =>
    blocks.some(({ language, notRun }) => RUNNABLE.has(language) && notRun === undefined),
  );
  expect(pages.map(({ path }) => path)).toEqual(
    [...Object.keys(PAGES), ...Object.keys(ELSEWHERE)].toSorted(),
  );
});

for (const [path, start] of Object.entries(PAGES))
  needs("bash", ...(start.tools ?? [])).test(`${path}: can be followed from top to bottom`, async () => {
    const blocks = readPage(path).blocks.filter(({ notRun }) => notRun === undefined);
    const results = await runBlocks(blocks, await begin(start));
    for (const { code, shows, prints } of results) {
      if (shows !== undefined)
        expect({ code, prints: normalize(prints) }).toEqual({ code, prints: normalize(shows) });
    }
    let rest = results.map(({ prints }) => prints).join("\n");
    for (const text of start.prints ?? []) {
      const at = typeof text === "string" ? rest.indexOf(text) : rest.search(text);
      expect(at === -1 ? rest : "").toBe("");
      rest = rest.slice(at + 1);
    }
  });

const ADA = { email: "ada@example.test", createdAt: new Date(Date.now() - 1e9) };

async function begin(start: Start): Promise<Session> {
  const { contexts = [], others = [], answers, behind = {}, before = "true", prepare } = start;
  const internet = await startInternet();
  used.push(internet);
  const { cloud, yatai, env } = internet;
  const server = cloud.issueToken({ ...ADA, name: "server", createdAt: new Date(Date.now() - 3e9) });
  cloud.deploy(server, ["summarizer", "chat"]);
  const home = newHome();
  const entries = contexts.map((name) =>
    name === "staging"
      ? { name, endpoint: YATAI, token: yatai.issueToken({ ...ADA, organization: "staging-team" }) }
      : { name, endpoint: CLOUD, token: cloud.issueToken({ ...ADA, name: "laptop" }) },
  );
  if (entries.length > 0) writeContexts(home, entries);
  for (const name of others) cloud.issueToken({ ...ADA, name, createdAt: new Date(Date.now() - 2e9) });
  const token = cloud.issueToken({ ...ADA, createdAt: new Date(), ...start.token });
  prepare?.(home);
  return {
    home,
    env: {
      ...env,
      SHELL: "/bin/sh",
      LEAKED: cloud.issueToken({ ...ADA, name: "leaked", createdAt: new Date(Date.now() - 4e9) }),
      PATH: `${programs(home)}:${process.env["PATH"]}`,
      NO_COLOR: "1",
      BROWSER: join(home.path, "bin/approve"),
      TOKEN: token,
    },
    answers: answers?.(yatai.issueToken({ ...ADA, organization: "staging-team" })) ?? [],
    behind,
    before,
  };
}

/** A directory for `PATH` with our program, and a browser in which somebody approves every sign-in. */
function programs(home: Home): string {
  const directory = join(home.path, "bin");
  const approve =
    'curl -fsS -d "code=${1##*code=}" -d email=ada@example.test "${1%%\\?*}/approve" >/dev/null';
  chmodSync(writeBelow(directory, "approve", `#!/bin/sh\n${approve}\n`), 0o755);
  // In the place of Python bentoml: which of our two servers it would go to.
  const peer = "case $BENTO_CLOUD_API_ENDPOINT in *yatai*) echo as staging ;; *) echo as production ;; esac";
  chmodSync(writeBelow(directory, "bentoml", `#!/bin/sh\n${peer}\n`), 0o755);
  linkProgram(directory);
  return directory;
}
