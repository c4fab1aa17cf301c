import { describe, expect, test } from "bun:test";
import { chownSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asUser, give, needsRoot } from "../binary/faults/user.ts";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { programCommand } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries({ files: ["secrets/*", "secrets/..data/*"] });

const startCloud = cloudsPerTest();

/** A home with one context, and the environment that names a file of secrets there. */
function homeWith(put: (path: string) => void) {
  const here = home();
  writeContexts(here, [{ name: "stored" }]);
  mkdirSync(join(here.path, "secrets"));
  const path = join(here.path, "secrets/key");
  put(path);
  return { here, path, env: { BENTO_CLOUD_API_KEY_FILE: path } };
}

describe("BENTO_CLOUD_API_KEY_FILE", () => {
  const key = canary();

  test("is the variable that is named as the user of its token", async () => {
    const cloud = await startCloud();
    const { here, env } = homeWith((path) => writeFileSync(path, cloud.issueToken({ name: "ci" })));
    const { code, stderr } = await run(["api-token", "delete", "ci", "--yes"], {
      home: here,
      env: { ...env, BENTO_CLOUD_API_ENDPOINT: cloud.url },
    });
    expect(code).toBe(2);
    expect(stderr).toStartWith('error: "ci" is the API token of BENTO_CLOUD_API_KEY_FILE\n');
  });

  test.each<[what: string, put: (path: string) => void]>([
    ["a file", (path) => writeFileSync(path, key)],
    ["a line", (path) => writeFileSync(path, `${key}\r\n`)],
    [
      "a link, as a mounted secret is",
      (path) => {
        writeBelow(join(path, "../..data"), "key", `${key}\n`);
        symlinkSync("..data/key", path);
      },
    ],
  ])("with %s, is the credential", async (_what, put) => {
    const { here, env } = homeWith(put);
    expect(await run(["token"], { home: here, env, reveals: true })).toMatchObject({
      code: 0,
      stdout: `${key}\n`,
      stderr: "",
    });
    const { stdout } = await run(["explain", "--json"], { home: here, env });
    const { active, python } = JSON.parse(stdout);
    expect(active).toMatchObject({ name: "__env__", source: { name: "BENTO_CLOUD_API_KEY_FILE" } });
    expect(python).toMatchObject({ name: "stored", reason: "it does not read BENTO_CLOUD_API_KEY_FILE" });
    const shell = await run(["env"], { home: here, env, reveals: true });
    expect(shell.stdout).toEndWith("\nunset BENTO_CLOUD_API_KEY_FILE\n");
    const lines = await run(["env", "--shell", "dotenv"], { home: here, env, reveals: true });
    expect(lines.stdout).toEndWith("\nBENTO_CLOUD_API_KEY_FILE=\n");
    const shown = await run(
      ["exec", "--", "sh", "-c", 'echo "$BENTO_CLOUD_API_KEY"; env | grep -c KEY_FILE'],
      {
        home: here,
        env,
        reveals: true,
      },
    );
    expect(shown.stdout).toBe(`${key}\n0\n`);
  });

  test.each<[what: string, put: (path: string) => void, error: RegExp, code: number]>([
    ["nothing", () => {}, /which does not exist$/m, 6],
    ["a directory", (path) => mkdirSync(path), /it is not a regular file/, 6],
    ["a FIFO", (path) => void Bun.spawnSync(["mkfifo", path]), /it is not a regular file/, 6],
    ["a file below a file", (path) => symlinkSync(writeBelow(path, "../f", "") + "/x", path), /directory/, 6],
    ["more than a key", (path) => writeFileSync(path, "x".repeat(70_000)), /it is too large/, 6],
    ["an empty file", (path) => writeFileSync(path, "\n"), /is empty$/m, 2],
    ["two words", (path) => writeFileSync(path, "two words"), /characters that no token has/, 2],
    ["bytes that are not UTF-8", (path) => writeFileSync(path, Buffer.from([0xe9])), /no token has/, 2],
  ])("with %s, fails the commands that use it, and no others", async (_what, put, error, code) => {
    const { here, env } = homeWith(put);
    const failed = await run(["token"], { home: here, env, timeoutMs: 5000 });
    expect(failed).toMatchObject({ code, stdout: "" });
    expect(failed.stderr).toMatch(error);
    expect(failed.stderr).toContain("BENTO_CLOUD_API_KEY_FILE");
    for (const words of [
      ["context", "list"],
      ["token", "--context", "stored"],
    ])
      expect((await run(words, { home: here, env, reveals: "stdout" })).code).toBe(0);
  });

  test("together with BENTO_CLOUD_API_KEY is an error", async () => {
    const { here, env } = homeWith((path) => writeFileSync(path, key));
    const both = { home: here, env: { ...env, BENTO_CLOUD_API_KEY: canary() } };
    for (const words of [["token"], ["login"]])
      expect(await run(words, both)).toMatchObject({
        code: 2,
        stdout: "",
        stderr: expect.stringContaining("BENTO_CLOUD_API_KEY and BENTO_CLOUD_API_KEY_FILE are both set"),
      });
  });

  test("is what login takes, for the environment's endpoint", async () => {
    const cloud = await startCloud();
    const { here, env } = homeWith((path) => writeFileSync(path, cloud.issueToken()));
    const options = { home: here, env: { ...env, BENTO_CLOUD_API_ENDPOINT: cloud.url } };
    expect((await run(["login", "--context", "new"], options)).code).toBe(0);
    expect(here.read()).toContain("name: new\n");
  });
});

needsRoot.describe("a contexts file of another user", () => {
  function foreignHome(endpoint: string): Home {
    const here = home();
    writeContexts(here, [{ name: "mine", endpoint, token: canary() }]);
    give(here);
    chownSync(here.file, 12_345, 12_345);
    Bun.spawnSync(["chmod", "666", here.file]);
    return here;
  }
  const WARNING = (here: Home) => `warning: ${here.file} belongs to another user, who can change it\n`;

  const USERS = [
    ["a user", asUser()],
    ["root", programCommand()],
  ] as const;

  test.each(USERS)("is used by %s, with a warning", async (_who, command) => {
    const here = foreignHome("https://mine.test");
    expect(await run(["context", "current"], { home: here, command })).toMatchObject({
      code: 0,
      stdout: "mine\n",
      stderr: WARNING(here),
    });
  });

  test.each(USERS)(
    "says to %s nowhere that a new token goes: login needs --endpoint",
    async (_who, command) => {
      const cloud = await startCloud();
      const here = foreignHome(cloud.url);
      const options = { home: here, command, stdin: cloud.issueToken() };
      const refused = await run(["login", "--with-token"], options);
      expect(refused).toMatchObject({ code: 2, stdout: "" });
      expect(refused.stderr).toContain(`hint: if it may go to ${cloud.url}, say so with --endpoint\n`);
      expect(cloud.requests).toEqual([]);
      expect((await run(["login", "--with-token", "--endpoint", cloud.url], options)).code).toBe(0);
    },
  );
});
