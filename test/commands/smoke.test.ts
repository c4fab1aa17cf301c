import { describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "../../src/cli/command.ts";
import { root } from "../../src/commands/index.ts";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { schemaOf } from "../support/json-schema.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const newCloud = cloudsPerTest();

interface Row {
  /** What follows the command's name. */
  args?: string[] | ((cloud: LocalCloud) => string[]);
  prints?: string | RegExp;
  /** Some keys of what it prints with `--json`. */
  json?: object;
  /** The contexts file afterwards. */
  file?: RegExp;
  /** The API tokens on the server afterwards. */
  tokens?: string[];
  /** The project file before. */
  bentorc?: string;
  /** Printing the token is its purpose. */
  reveals?: true;
}

const TOKEN = /^[0-9a-v]{20}\n$/;
const TOKEN_OK = { id: "token", status: "ok" };
const NOT_OTHER = /^(?![^]*name: "other")/;
const TO_OTHER: Row = { args: ["other"], prints: /other/, file: /^current_context_name: "?other/m };

/** Commands that only the compiled program has, and Bun. */
const BUN_ONLY: Record<string, Row> = {
  proxy: { args: ["--for", "1s"], prints: /^BENTO_CLOUD_API_ENDPOINT=http:.*\nBENTO_CLOUD_API_KEY=\w+\n$/ },
};

/**
 * The home has the contexts `mine`, which is current and has the API token `laptop`, `other`, and `service` with a
 * password in its endpoint.
 */
const COMMANDS: Record<string, Row> = {
  login: {
    args: ({ url }) => ["--with-token", "--context", "new", "--endpoint", url],
    json: { name: "new", organization: "acme" },
    file: /name: new/,
  },
  logout: { args: ["other"], file: NOT_OTHER },
  status: { json: { name: "mine", verdict: "valid" } },
  whoami: { json: { name: "mine", email: "me@example.test" } },
  token: { prints: TOKEN, reveals: true },
  use: { ...TO_OTHER, prints: "" },
  "context list": { prints: /mine[^]*other/ },
  "context show": { json: { name: "mine" } },
  "context current": { prints: "mine\n" },
  "context rename": { args: ["other", "third"], file: /name: "?third/ },
  "context store": { prints: /mine +file +ok/ },
  "context remove": { args: ["other"], file: NOT_OTHER },
  "context protect": { args: ["mine"] },
  "context unprotect": { args: ["mine"] },
  link: { json: { context: "mine", organization: "acme" } },
  unlink: { bentorc: "context=mine\n", json: { removed: true } },
  exec: { args: ["--", "sh", "-c", "echo $BENTO_CLOUD_API_KEY"], prints: TOKEN, reveals: true },
  env: { prints: /^export BENTO_CLOUD_API_KEY=/, reveals: true },
  shell: { args: ["other"] },
  open: { args: ["--no-browser"], json: { opened: false } },
  explain: { json: { active: expect.objectContaining({ name: "mine" }) } },
  "api-token list": { prints: /laptop/ },
  "api-token get": { args: ["laptop"], json: { name: "laptop" } },
  "api-token create": { args: ["ci"], prints: TOKEN, tokens: ["laptop", "spare", "ci"], reveals: true },
  "api-token update": { args: ["spare", "--description", "unused"], json: { description: "unused" } },
  "api-token delete": { args: ["spare", "--yes"], tokens: ["laptop"] },
  "api-token rotate": { tokens: ["spare", "laptop-r2"] },
  "api-token revoke": { args: ["--with-token"], tokens: ["laptop", "spare"] },
  api: { args: ["/api/v1/auth/current", "--jq", ".email"], prints: "me@example.test\n" },
  restore: { json: { versions: [] } },
  scan: { json: { findings: [], skipped: [] } },
  doctor: { json: { checks: expect.arrayContaining([expect.objectContaining(TOKEN_OK)]) } },
  "completion bash": { prints: /^complete /m },
  "completion zsh": { prints: /^#compdef bentocloud/ },
  "completion fish": { prints: /^complete /m },
  "completion powershell": { prints: /Register-ArgumentCompleter/ },
  "cloud login": {
    args: (cloud) => ["--endpoint", cloud.url, "--api-token", cloud.issueToken(), "--context", "new"],
    file: /name: new/,
  },
  "cloud current-context": { json: { name: "mine" }, reveals: true },
  "cloud list-context": { prints: /"mine"/ },
  "cloud update-current-context": TO_OTHER,
  "current-context": { json: { name: "mine" }, reveals: true },
  "list-context": { prints: /"mine"/ },
  "update-current-context": TO_OTHER,
  ...(process.env["BENTOCLOUD_RUNTIME"] === "deno" ? {} : BUN_ONLY),
};

async function namesBelow(command: Command, path: string[] = []): Promise<string[]> {
  if (!command.subCommands) return [path.join(" ")];
  const entries = Object.entries(command.subCommands);
  return (
    await Promise.all(entries.map(async ([name, load]) => namesBelow(await load(), [...path, name])))
  ).flat();
}

test("the table has every command of the program", async () => {
  expect((await namesBelow(root)).toSorted()).toEqual(Object.keys({ ...COMMANDS, ...BUN_ONLY }).toSorted());
});

async function runRow(name: string, { args = [], json, bentorc, reveals }: Row, ...more: string[]) {
  const cloud = await newCloud();
  const here = home();
  const token = cloud.issueToken({ name: "laptop", createdAt: new Date(Date.now() - 1e9) });
  cloud.issueToken({ name: "spare", createdAt: new Date(Date.now() - 2e9) });
  const service = { name: "service", endpoint: `https://me:${canary()}@service.test` };
  writeContexts(here, [{ name: "mine", endpoint: cloud.url, token }, { name: "other" }, service]);
  const cwd = join(here.path, "project");
  mkdirSync(cwd);
  if (bentorc) writeBelow(cwd, ".bentorc", bentorc);

  const given = typeof args === "function" ? args(cloud) : args;
  const words = [...name.split(" "), ...(json ? ["--json"] : []), ...more, ...given];
  const stdin = words.includes("--with-token") ? cloud.issueToken() : null;
  const result = await run(words, { home: here, cwd, stdin, reveals: reveals ? "stdout" : false });
  expect({ code: result.code, stderr: result.stderr }).toEqual({
    code: 0,
    stderr: expect.not.stringContaining("error"),
  });
  return { ...result, here, cloud };
}

describe("does what it is for:", () => {
  test.each(Object.entries(COMMANDS))("%s", async (name, row) => {
    const { prints = "", json, file, tokens } = row;
    const { stdout, here, cloud } = await runRow(name, row);
    if (json) expect(JSON.parse(stdout)).toMatchObject(json);
    else if (typeof prints === "string") expect(stdout).toBe(prints);
    else expect(stdout).toMatch(prints);
    if (file) expect(here.read()).toMatch(file);
    if (tokens) expect(cloud.tokens.map((one) => one.name)).toEqual(tokens);
  });
});

describe("prints its answer as JSON, which `run` compares with the schema:", () => {
  const rows = Object.entries(COMMANDS).filter(([name, { json }]) => !json && schemaOf(name.split(" ")));

  test.each(rows)("%s", async (name, row) => {
    const { stdout } = await runRow(name, row, "--json");
    expect(JSON.parse(stdout)).toBeObject();
  });
});
