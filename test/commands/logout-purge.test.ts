import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeOf, keptIn, ownOf, tokensIn, writeContexts } from "../store/fixture.ts";
import { run } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { canary, quotedCanary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries({ files: ["bentoml/.yatai.yaml.broken-*", "**/.bentocloud/rotations.json"] });

const NOTHING = "contexts: []\ncurrent_context_name: default\n";

const logout = (here: Home, ...args: string[]) => run(["logout", ...args], { home: here });

/** The files below the home that have this text, in any spelling that YAML may have. */
function filesWith(here: Home, secret: string): string[] {
  const files = here.tree().flatMap((line) => /^(.*[^/]) \d{4}$/.exec(line)?.[1] ?? []);
  const spellings = [secret, secret.replaceAll("'", "''"), JSON.stringify(secret).slice(1, -1)];
  return files
    .map((name) => join(here.path, name))
    .filter((path) => spellings.some((spelling) => readFileSync(path, "utf8").includes(spelling)));
}

/** A home with a version, a loss, a file that was put aside and a rotation, each with the tokens of `a` and `b`. */
async function homeFullOfCopies(): Promise<{ here: Home; a: string; b: string }> {
  const [a, b] = [canary(), quotedCanary()];
  const entries = [
    { name: "a", token: a },
    { name: "b", token: JSON.stringify(b) },
  ];
  const here = homeOf(...entries);
  const [, second] = tokensIn(here);
  await run(["context", "rename", "a", "c"], { home: here });
  await run(["context", "rename", "c", "a"], { home: here });
  here.write(NOTHING);
  await run(["context", "list"], { home: here });
  writeFileSync(`${here.file}.broken-2026-01-01T00-00-00.000Z`, `contexts: [\n${a}\n${b}\n`, { mode: 0o600 });
  writeContexts(here, entries);
  await run(["use", "b"], { home: here });
  return { here, a, b: second! };
}

function writeRotation(here: Home, name: string, token: string): void {
  mkdirSync(ownOf(here), { recursive: true, mode: 0o700 });
  const wanted = { name: `${name}-r2`, description: "", scopes: ["api"], expires_at: null, flags: {} };
  const identity = { verdict: "valid", email: null, organization: null };
  const rotation = {
    id: name,
    endpoint: `https://${name}.test`,
    started_at: "2026-01-01T00:00:00Z",
    identity,
  };
  const entry = { ...rotation, old: { uid: "1", name, token }, wanted, successor: null };
  writeFileSync(join(ownOf(here), "rotations.json"), JSON.stringify([entry]), { mode: 0o600 });
}

describe("logout --purge", () => {
  test.each([
    ["a", (one: { a: string; b: string }) => [one.a, one.b]],
    ["b", (one: { a: string; b: string }) => [one.b, one.a]],
  ] as const)("%s: takes its token out of every copy, and no other", async (name, pick) => {
    const { here, ...tokens } = await homeFullOfCopies();
    const [gone = "", stays = ""] = pick(tokens);
    const before = filesWith(here, stays).length;
    expect(filesWith(here, gone).length).toBeGreaterThan(3);
    const { code, stderr } = await logout(here, name, "--purge");
    expect(code).toBe(0);
    expect(stderr).toMatch(/^✓ Took the API token out of \d+ backups$/m);
    expect(stderr).toEndWith(
      `hint: the token works until it is deleted on its server: https://${name}.test/api_tokens\n`,
    );
    expect(filesWith(here, gone)).toEqual([]);
    expect(filesWith(here, stays).length).toBeGreaterThanOrEqual(before);
    expect(here.tree().filter((line) => / 06[^0]|\.tmp /.test(line))).toEqual([]);
  });

  test("leaves versions that bring the other contexts back", async () => {
    const here = homeOf("a", "b");
    const [, token] = tokensIn(here);
    await logout(here, "b");
    await logout(here, "a", "--purge");
    const { versions } = JSON.parse((await run(["restore", "--json"], { home: here })).stdout);
    const withB = versions.find(({ contexts }: { contexts: string[] }) => contexts.join() === "b");
    expect((await run(["restore", withB.id], { home: here })).code).toBe(0);
    expect(tokensIn(here)).toEqual([token!]);
  });

  test("works after the context was removed, until no backup has its token", async () => {
    const { here, a } = await homeFullOfCopies();
    expect((await logout(here, "a")).code).toBe(0);
    expect(filesWith(here, a).length).toBeGreaterThan(2);
    expect(await logout(here, "a", "--purge")).toMatchObject({ code: 0 });
    expect(filesWith(here, a)).toEqual([]);
    expect(await logout(here, "a", "--purge")).toMatchObject({ code: 3 });
  });

  test.each([
    ["while the context is there", false],
    ["after the context was removed", true],
  ])("%s takes every token that the name has had", async (_, isRemoved) => {
    const here = homeOf("a", "b");
    const [first = ""] = tokensIn(here);
    await run(["use", "b"], { home: here });
    await logout(here, "a");
    writeContexts(here, [{ name: "a" }, { name: "b" }]);
    const [last = "", kept = ""] = tokensIn(here);
    await run(["use", "b"], { home: here });
    if (isRemoved) await logout(here, "a");
    expect(await logout(here, "a", "--purge")).toMatchObject({ code: 0 });
    expect([first, last].map((token) => filesWith(here, token))).toEqual([[], []]);
    expect(tokensIn(here)).toEqual([kept]);
  });

  test("--all says which contexts that were removed before have tokens in backups", async () => {
    const here = homeOf("a", "b");
    await logout(here, "a");
    expect((await logout(here, "--all", "--purge", "--yes")).stderr).toContain(
      'warning: backups have an earlier API token of "a": `bentocloud logout a --purge` ends that too\n',
    );
  });

  test("knows no earlier name of a context that was renamed", async () => {
    const here = homeOf("a", "b");
    await run(["context", "rename", "a", "c"], { home: here });
    const before = here.read();
    const { code, stderr } = await logout(here, "a", "--purge");
    expect({ code, text: here.read() }).toEqual({ code: 3, text: before });
    expect(stderr).toStartWith('error: there is no context "a"\n');
  });

  test("forgets an unfinished rotation, and says what may be left on the server", async () => {
    const here = homeOf("a", "b");
    const [token = ""] = tokensIn(here);
    writeRotation(here, "a", token);
    const { code, stderr } = await logout(here, "a", "--purge");
    expect(code).toBe(0);
    expect(stderr).toContain('if there is an API token "a-r2", delete it at https://a.test/api_tokens\n');
    expect(here.tree().join()).not.toContain("rotations.json");
  });

  test("keeps the rotations of other tokens", async () => {
    const here = homeOf("a", "b");
    writeRotation(here, "b", tokensIn(here)[1]!);
    expect((await logout(here, "a", "--purge")).code).toBe(0);
    expect(here.tree().join()).toContain("rotations.json");
  });

  test("says that the contexts file itself still has the token", async () => {
    const here = homeOf("a", { name: "b", token: canary() });
    const token = tokensIn(here)[1]!;
    here.write(`# was ${token}\n${here.read()}`);
    const { code, stderr } = await logout(here, "b", "--purge");
    expect(code).toBe(0);
    expect(stderr).toContain(`warning: ${here.file} still has the token, in a comment or in an entry`);
    expect(here.read()).toContain(`# was ${token}`);
  });

  test("--all: no backup has any token", async () => {
    const { here, a, b } = await homeFullOfCopies();
    expect((await logout(here, "--all", "--purge", "--yes")).code).toBe(0);
    expect([...filesWith(here, a), ...filesWith(here, b)]).toEqual([]);
    expect(keptIn(here).every(({ text }) => text.startsWith("contexts: []"))).toBe(true);
    writeContexts(here, [{ name: "new", token: canary() }]);
    await run(["use", "new"], { home: here });
    const listed = await run(["restore", "--no-input"], { home: here });
    expect(listed.stdout).toContain("removes new");
    // A version without logins still has the current name of one that is gone.
    expect(listed.stdout).not.toContain("current");
  });

  test("refuses a record of rotations that cannot be understood, before it removes anything", async () => {
    const here = homeOf("a");
    writeRotation(here, "a", "x");
    writeFileSync(join(ownOf(here), "rotations.json"), "{}");
    const before = here.read();
    expect((await logout(here, "a", "--purge")).code).toBe(6);
    expect(here.read()).toBe(before);
  });
});
