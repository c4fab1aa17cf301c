import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeBelow } from "../store/fixture.ts";
import { start } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { programCommand } from "../support/program.ts";
import { sweepCanaries } from "../support/sweep.ts";
import {
  expectRotated,
  expectSignedIn,
  homeToRotate,
  JOURNAL,
  journalOf,
  namesOf,
  rotate,
  tokenIn,
} from "./rotation.ts";

sweepCanaries(JOURNAL);

const newCloud = cloudsPerTest();

/**
 * Stands in for a program that stores a secret. It writes down its arguments and its environment, and a hash of its input
 * and of what else could be the token, so that no token is in a file. `kubectl create` prints what `apply` gets.
 */
const STAND_IN = `#!/bin/sh
record="$RECORDS/$(basename "$0")-$1"
printf '%s\\n' "$*" >"$record.argv"
env >"$record.env"
tee "$record.raw" | sha256sum | cut -c1-64 >"$record.input"
if [ "$1" = create ]; then printf 'data: '; base64 <"$record.raw"; fi
rm "$record.raw"
`;

function withStandIns(here: Home): Record<string, string> {
  for (const name of ["gh", "glab", "kubectl", "vault", "aws"])
    chmodSync(writeBelow(here.path, `tools/${name}`, STAND_IN), 0o755);
  writeBelow(here.path, "records/none", "");
  return {
    PATH: `${join(here.path, "tools")}:${process.env["PATH"]}`,
    RECORDS: join(here.path, "records"),
  };
}

const hash = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest("hex");

function recordsOf(here: Home, ending: string): string[] {
  const folder = join(here.path, "records");
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(folder, name), "utf8").trim());
}

const guide = readFileSync(join(import.meta.dir, "../../docs/guides/rotate-everywhere.md"), "utf8");
const RECIPES = guide
  .split("\n")
  .filter((line) => line.startsWith("bentocloud api-token rotate ci --deliver -- "));

const deliverTo = (script: string) => ["--deliver", "--", "sh", "-c", script];

/** Stores a hash of what it gets. */
const KEEP = (here: Home) => deliverTo(`sha256sum | cut -c1-64 >"${here.path}/kept"`);
const keptIn = (here: Home) => readFileSync(join(here.path, "kept"), "utf8").trim();

function expectTakenBack(cloud: LocalCloud, here: Home, old: string): void {
  expect(namesOf(cloud)).toEqual(["ci"]);
  expect(tokenIn(here)).toBe(old);
  expect(journalOf(here)).toBeUndefined();
}

describe("api-token rotate --deliver", () => {
  test("knows the recipes of the guide", () => expect(RECIPES).toHaveLength(5));

  test.each(RECIPES)("%s", async (recipe) => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const old = tokenIn(here);
    const command = ["sh", "-c", recipe.replace(/^bentocloud api-token rotate ci/, '"$@"'), "sh"];
    const env = withStandIns(here);
    const { code, stderr } = await rotate(here, ["mine"], {
      env,
      command: [...command, ...programCommand()],
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining('Rotated "mine"') });
    expectRotated(cloud, here);
    const fresh = tokenIn(here);
    expect(recordsOf(here, ".input")).toContain(hash(fresh));
    for (const text of [...recordsOf(here, ".argv"), ...recordsOf(here, ".env")]) {
      expect(text.includes(fresh)).toBe(false);
      expect(text.includes(old)).toBe(false);
    }
  });

  test("runs the command after the new token was verified, and before anything else has it", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const old = tokenIn(here);
    const script = 'cat >/dev/null; echo runs; until [ -e "$HOME/seen" ]; do sleep 0.05; done; echo ends';
    const running = start(["api-token", "rotate", ...deliverTo(script)], { home: here });
    await running.waitFor("runs");
    expect(namesOf(cloud)).toEqual(["ci", "ci-r2"]);
    expect(tokenIn(here)).toBe(old);
    expect(cloud.requests.filter(({ path }) => path === "/api/v1/auth/current").length).toBe(2);
    writeBelow(here.path, "seen", "");
    expect(await running.result).toMatchObject({ code: 0, stdout: "" });
    expect(running.stderr).toContain("ends\n");
    expectRotated(cloud, here);
  });

  test.each([
    ["exit 3", "sh failed with exit code 3"],
    ["cat >/dev/null; exit 1", "sh failed with exit code 1"],
    ["kill -TERM $$", "sh failed with exit code 143"],
  ])("takes the rotation back after %j", async (script, message) => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const old = tokenIn(here);
    expect(await rotate(here, deliverTo(script))).toMatchObject({
      code: 1,
      stdout: "",
      stderr:
        `error: the new API token was taken back: ${message}\n` +
        "hint: what the command may have stored does not work: run the rotation again once the command succeeds\n",
    });
    expectTakenBack(cloud, here, old);
    await expectSignedIn(cloud, here);
  });

  test("does not run the command with a token that does not work", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const old = tokenIn(here);
    cloud.misbehave("GET /api/v1/auth/current", { delayMs: 0 }, { times: 1 });
    const refused = { status: 403, body: { message: "get api token: record not found" } };
    cloud.misbehave("GET /api/v1/auth/current", refused, { times: 1 });
    expect((await rotate(here, KEEP(here))).code).toBe(4);
    expect(existsSync(join(here.path, "kept"))).toBe(false);
    expectTakenBack(cloud, here, old);
  });

  test("that was killed while the command ran goes on with the same new token", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const old = tokenIn(here);
    const killed = await rotate(here, deliverTo("kill -KILL $PPID; sleep 1"));
    expect(killed.signal).toBe("SIGKILL");
    const [, made] = cloud.tokens;
    expect([tokenIn(here), made!.name]).toEqual([old, "ci-r2"]);
    expect(await rotate(here, KEEP(here))).toMatchObject({ code: 0 });
    expect([tokenIn(here), keptIn(here)]).toEqual([made!.value, hash(made!.value)]);
    expectRotated(cloud, here);
  });

  test("that was killed while the command ran is taken back by a rotation without the command", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    await rotate(here, deliverTo("kill -KILL $PPID; sleep 1"));
    const made = cloud.tokens[1]!.value;
    const { code, stderr } = await rotate(here);
    expect(code).toBe(0);
    expect(stderr).toContain("it ended before its command had stored the new API token");
    expect(tokenIn(here)).not.toBe(made);
    expectRotated(cloud, here);
  });

  test("does not run the command again once it has ended well", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    cloud.misbehave("DELETE /api/v1/api_tokens/{uid}", { status: 500 }, { times: 1 });
    expect((await rotate(here, KEEP(here))).code).toBe(5);
    const made = tokenIn(here);
    expect(keptIn(here)).toBe(hash(made));
    expect(await rotate(here, deliverTo("exit 9"))).toMatchObject({ code: 0 });
    expect(tokenIn(here)).toBe(made);
    expectRotated(cloud, here);
  });

  test.each([
    [["--deliver"], "--deliver gives the new API token to which command?"],
    [["--deliver", "--"], "--deliver gives the new API token to which command?"],
    [["--", "true"], "a command after `--` is for --deliver"],
    [["--deliver", "--", "no-such-program"], "no-such-program: command not found; nothing was changed"],
  ])("%p: exits 2 before anything is done", async (args, message) => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const { code, stderr } = await rotate(here, args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    expect(cloud.requests.filter(({ method }) => method !== "GET")).toEqual([]);
  });

  test("--dry-run names the command and does not run it", async () => {
    const cloud = await newCloud();
    const here = homeToRotate(cloud);
    const { code, stdout } = await rotate(here, ["--dry-run", ...deliverTo("exit 1")]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^deliver to +sh -c exit 1$/m);
    expect(namesOf(cloud)).toEqual(["ci"]);
  });
});
