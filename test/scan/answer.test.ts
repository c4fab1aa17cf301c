import { describe, expect, test } from "bun:test";
import { existsSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { conclude } from "../../src/scan/conclude.ts";
import type { Finding } from "../../src/scan/finding.ts";
import { writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";
import { homeWithTokens, PLANTED, repository, scan } from "./repository.ts";

sweepCanaries(PLANTED);

const newCloud = cloudsPerTest();
const masked = (token: string) => `****${token.slice(-4)}`;

describe("scan: the answer", () => {
  test("says where each token is, and what to do", async () => {
    const { here, tokens } = homeWithTokens(2);
    const repo = repository(here);
    repo.write("notes.txt", `key\n${tokens[0]}\n`);
    const commit = repo.commit();
    repo.write(".gitignore", ".env\n");
    repo.write(".env", `BENTO_CLOUD_API_KEY=${tokens[1]}\n`);
    const [first, second] = tokens.map((token) => masked(token));
    const { code, stdout, stderr } = await run(["scan", "--history"], { home: here, cwd: repo.path });
    const short = commit.slice(0, 10);
    expect(stdout).toBe(
      [
        `WHERE        COMMIT      CONTEXT  TOKEN     NOTE`,
        `notes.txt:2              c0       ${first}`,
        `notes.txt:2  ${short}  c0       ${first}`,
        `.env:1                   c1       ${second}  ignored by git`,
        "",
      ].join("\n"),
    );
    expect(stderr.replaceAll(/\d+ files|[\d.]+ KB/g, "N")).toBe(
      "Looked at N, 3 git objects, N\n" +
        "error: 1 API token is where others may read it, in 2 places\n" +
        "hint: `bentocloud api-token rotate c0` replaces it, and only that makes its copies worthless; the guide " +
        '"A leaked token" tells how to take it out of a history\n',
    );
    expect(code).toBe(1);
  });

  test("nothing is found", async () => {
    const { here } = homeWithTokens(1);
    const repo = repository(here);
    repo.write("file", "clean");
    const { code, stdout, stderr } = await run(["scan"], { home: here, cwd: repo.path });
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: "",
      stderr: "Found none of your API tokens in 1 file, 5 B\n",
    });
  });

  test.each<[Finding["state"], Finding["verdict"], hint: string]>([
    ["current", null, "`bentocloud api-token rotate c0` replaces it"],
    ["current", "rejected", "what was found no longer works"],
    ["superseded", null, "it is no longer in use; `--check` asks"],
    ["superseded", "valid", "it still works: `bentocloud api-token revoke --with-token`"],
    ["superseded", "expired", "what was found no longer works"],
  ])("what to do about a token that is %s, when the server says %p", (state, verdict, hint) => {
    const finding = { kind: "known", ignored: false, rotated: false, commit: null, context: "c0" };
    const findings = [{ ...finding, state, verdict } as Finding];
    expect(conclude({ findings, skipped: [] })?.hint).toStartWith(hint);
  });

  test("possible and ignored ones alone are no failure", async () => {
    const { here, tokens } = homeWithTokens(1);
    const repo = repository(here);
    repo.write(".gitignore", ".env\n");
    repo.write(".env", tokens[0]!);
    repo.write("file", "bento_key: cu0a1q6v9s3g00d5p2l0\n");
    expect(await scan(repo)).toMatchObject({
      code: 0,
      findings: [
        { kind: "possible", context: null, state: null, token_masked: "****p2l0", path: "file", line: 1 },
        { kind: "known", ignored: true },
      ],
      stderr: "",
    });
  });

  test("with --json, the findings are on stdout and the error is on stderr", async () => {
    const { here, tokens } = homeWithTokens(1);
    const repo = repository(here);
    repo.write("file", tokens[0]!);
    const { stderr, code } = await scan(repo);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "LEAK_FOUND", exit_code: 1 } });
    expect(code).toBe(1);
  });

  test("looks for the tokens of the environment, of versions and of losses", async () => {
    const here = home();
    const cloud = await newCloud();
    const [first, second, environment] = [cloud.issueToken(), cloud.issueToken(), canary()];
    for (const token of [first, second])
      await run(["login", "--context", "mine", "--endpoint", cloud.url, "--with-token", "--force"], {
        home: here,
        stdin: token,
      });
    const repo = repository(here);
    repo.write("file", [first, second, environment].join("\n"));
    const { findings } = await scan(repo, [], { env: { BENTO_CLOUD_API_KEY: environment } });
    expect(findings.map(({ line, context, state }) => [line, context, state])).toEqual([
      [1, "mine", "superseded"],
      [2, "mine", "current"],
      [3, "__env__", "current"],
    ]);
  });

  test("looks for a token that is kept elsewhere, and is not clean where it cannot be read", async () => {
    const here = home();
    const cloud = await newCloud();
    const token = cloud.issueToken();
    const source = join(here.path, "source");
    writeFileSync(source, token);
    const login = [
      "login",
      "--context",
      "kept",
      "--endpoint",
      cloud.url,
      "--token-command",
      "--",
      "cat",
      source,
    ];
    expect(await run(login, { home: here })).toMatchObject({ code: 0 });
    const repo = repository(here);
    repo.write(".env", token);
    repo.commit();
    expect(await scan(repo)).toMatchObject({ code: 1, findings: [{ context: "kept", state: "current" }] });
    writeFileSync(join(repo.path, ".env"), "clean");
    expect(await scan(repo)).toMatchObject({ code: 0, findings: [] });
    rmSync(source);
    const result = await scan(repo);
    expect({ code: result.code, paths: result.skipped.map(({ path }) => path) }).toEqual({
      code: 6,
      paths: ["context kept"],
    });
  });

  test("--check asks the server of each token that was found", async () => {
    const cloud = await newCloud();
    const [good, gone] = [cloud.issueToken(), cloud.issueToken()];
    cloud.revoke(gone);
    const here = home();
    writeContexts(here, [
      { name: "good", endpoint: cloud.url, token: good },
      { name: "gone", endpoint: cloud.url, token: gone },
      { name: "unseen", endpoint: "https://unreachable.test" },
    ]);
    const repo = repository(here);
    repo.write("file", `${good}\n${gone}\n`);
    const { code, findings } = await scan(repo, ["--check"]);
    expect({ code, verdicts: findings.map(({ context, verdict }) => [context, verdict]) }).toEqual({
      code: 1,
      verdicts: [
        ["good", "valid"],
        ["gone", "rejected"],
      ],
    });
  });

  test("--rotate replaces what was found, and leaves the others alone", async () => {
    const cloud = await newCloud();
    const [found, other] = [cloud.issueToken({ name: "found" }), cloud.issueToken({ name: "other" })];
    const here = home();
    writeContexts(here, [
      { name: "found", endpoint: cloud.url, token: found },
      { name: "other", endpoint: cloud.url, token: other },
    ]);
    const repo = repository(here);
    repo.write("file", found);
    const { code, stdout, stderr } = await run(["scan", "--rotate"], { home: here, cwd: repo.path });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `WHERE   CONTEXT  TOKEN     NOTE\nfile:1  found    ${masked(found)}  replaced now\n`,
    });
    expect(stderr).toContain('Rotated "found": now using "found-r2"; the old token is deleted');
    expect(cloud.tokens.map(({ name }) => name).toSorted()).toEqual(["found-r2", "other"]);
    expect(await scan(repo)).toMatchObject({
      code: 1,
      findings: [{ state: "superseded", context: "found" }],
    });
  });

  test("--rotate that fails is still a leak", async () => {
    const { here, tokens } = homeWithTokens(1);
    const repo = repository(here);
    repo.write("file", tokens[0]!);
    const { code, stderr } = await run(["scan", "--rotate", "--timeout", "1"], {
      home: here,
      cwd: repo.path,
      env: { BENTO_CLOUD_API_KEY: tokens[0]! },
    });
    expect(code).toBe(1);
    expect(stderr).toContain("was not replaced");
    expect(existsSync(join(here.bentoml, ".bentocloud/rotations.json"))).toBe(false);
  });

  test.each([
    ["--staged with paths", ["--staged", "x"]],
    ["two modes", ["--staged", "--history"]],
    ["standard input with paths", ["-", "x"]],
    ["a path that does not exist", ["missing"]],
    ["--history in no repository", ["--history"]],
    ["--staged in no repository", ["--staged"]],
    ["--install-hook in no repository", ["--install-hook", "pre-commit"]],
    ["another hook", ["--install-hook", "post-commit"]],
  ])("%s is a usage error", async (_, args) => {
    const { here } = homeWithTokens(1);
    expect(await run(["scan", ...args], { home: here })).toMatchObject({ code: 2, stdout: "" });
  });

  test("on a terminal, shows what it waits for, and Ctrl-C ends it", async () => {
    const { here } = homeWithTokens(1);
    writeFileSync(join(here.path, "huge"), "");
    truncateSync(join(here.path, "huge"), 200e9);
    const terminal = openTerminal(["scan", "huge"], { home: here });
    await terminal.waitFor("Looking for API tokens:");
    terminal.press("ctrl-c");
    expect(await terminal.exit).toEqual({ code: 130, signal: null });
    // The sweep would read it.
    truncateSync(join(here.path, "huge"), 0);
  });
});

describe("a token in a file such as .env, which git tracks", () => {
  test.each(["link", "doctor"])("%s mentions it", async (command) => {
    const { here, tokens } = homeWithTokens(1);
    const repo = repository(here);
    repo.write("config/.env.prod", `KEY=${tokens[0]}\n`);
    repo.write("other.txt", "clean\n");
    const offline = command === "doctor" ? ["--offline"] : [];
    const options = { home: here, cwd: repo.path };
    expect((await run([command, ...offline], options)).stderr).not.toContain(".env.prod");
    repo.commit();
    const { stdout, stderr } = await run([command, ...offline], options);
    const text = `${stdout}${stderr}`.replaceAll(/\s+/g, " ");
    expect(text).toMatch(
      /git tracks (?:config\/\.env\.prod|a file with an API token of yours: config\/\.env\.prod)/,
    );
    expect(text).toContain("bentocloud scan --history");
  });
});
