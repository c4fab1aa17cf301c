import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import type { Home } from "../support/home.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const startCloud = cloudsPerTest();

const WIPED = "contexts: []\ncurrent_context_name: default\n";

/** A home of which our program has seen the contexts in a write of its own. */
async function seenHome(...names: string[]): Promise<Home> {
  const here = home();
  writeContexts(
    here,
    names.map((name) => ({ name })),
    "none",
  );
  expect((await run(["use", names[0]!], { home: here })).code).toBe(0);
  return here;
}

interface Listed {
  id: string;
  kind: "version" | "lost";
  time: string;
  contexts: string[];
  changes: { added: string[]; removed: string[]; changed: string[]; current: unknown } | null;
}

async function list(here: Home): Promise<Listed[]> {
  const { code, stdout } = await run(["restore", "--json"], { home: here });
  expect(code).toBe(0);
  return JSON.parse(stdout).versions;
}

const restore = (here: Home, id: string, ...more: string[]) => run(["restore", id, ...more], { home: here });

const ALERT =
  /^warning: another program removed (.*) from (.*): (.*); `bentocloud restore ([0-9a-f]{4})` brings \w+ back$/m;

describe("restore without an ID", () => {
  test("says that there is nothing yet, and makes nothing", async () => {
    const here = home();
    expect(await run(["restore"], { home: here })).toMatchObject({
      code: 0,
      stdout: "",
      stderr: "No earlier version is kept yet; each change keeps the one before it\n",
    });
    expect(await list(here)).toEqual([]);
    expect(here.tree()).toEqual([]);
  });

  test("lists the versions, newest first, each with what happened to it then", async () => {
    const here = await seenHome("a", "b", "c");
    await run(["context", "remove", "b"], { home: here });
    await run(["context", "rename", "c", "d"], { home: here });
    const versions = await list(here);
    expect(versions.map(({ contexts, changes }) => ({ contexts, changes }))).toEqual([
      { contexts: ["a", "c"], changes: { added: ["d"], removed: ["c"], changed: [], current: null } },
      { contexts: ["a", "b", "c"], changes: { added: [], removed: ["b"], changed: [], current: null } },
      {
        contexts: ["a", "b", "c"],
        changes: { added: [], removed: [], changed: [], current: { from: "none", to: "a" } },
      },
    ]);
    for (const { id, kind, time } of versions) {
      expect({ id, kind }).toEqual({ id: expect.stringMatching(/^[0-9a-f]{4}$/), kind: "version" });
      expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(60_000);
    }
    const { stdout } = await run(["restore"], { home: here });
    expect(stdout).toMatch(/^ID +TIME +AGE +CONTEXTS +WHAT HAPPENED THEN\n/);
    expect(stdout).toMatch(/^[0-9a-f]{4} +\S+Z +\d+s +2 +added d; removed c$/m);
    expect(stdout).toMatch(/^[0-9a-f]{4} +\S+Z +\d+s +3 +current none → a$/m);
  });

  test("keeps ten", async () => {
    const here = await seenHome("a", "b");
    for (let round = 0; round < 12; round += 1)
      expect((await run(["use", round % 2 ? "a" : "b"], { home: here })).code).toBe(0);
    expect(await list(here)).toHaveLength(10);
  });
});

describe("restore ID", () => {
  test("brings the file back as it was, byte for byte, and says how to undo that", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }]);
    const first = `# mine\n${here.read()}extra: kept\n`;
    here.write(first);
    await run(["context", "remove", "b"], { home: here });
    const second = here.read();
    const [version] = await list(here);
    const { code, stderr } = await restore(here, version!.id);
    expect({ code, text: here.read() }).toEqual({ code: 0, text: first });
    const [, undo = ""] = /^hint: bentocloud restore (\w+) undoes this$/m.exec(stderr) ?? [];
    expect(stderr).toStartWith(`✓ Brought back ${version!.id}: added b\n`);
    expect((await restore(here, undo)).code).toBe(0);
    expect(here.read()).toBe(second);
    expect(here.tree()).toContain("bentoml/.yatai.yaml 0600");
  });

  test("--json names what changed and the way back", async () => {
    const here = await seenHome("a", "b");
    await run(["logout", "a"], { home: here });
    const [version] = await list(here);
    const { code, stdout, stderr } = await restore(here, version!.id, "--json");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      restored: version!.id,
      added: ["a"],
      removed: [],
      changed: [],
      current: null,
      undo: expect.stringMatching(/^[0-9a-f]{4}$/),
      aside: null,
      taken: [],
    });
  });

  test("changes nothing when the file says that already", async () => {
    const here = await seenHome("a", "b");
    await run(["use", "b"], { home: here });
    await run(["use", "a"], { home: here });
    const version = (await list(here)).find(({ changes }) => changes?.current);
    const before = { text: here.read(), tree: here.tree() };
    await restore(here, version!.id);
    const [, second] = await list(here);
    expect(second).toBeDefined();
    expect((await restore(here, (await list(here))[0]!.id)).code).toBe(0);
    expect(here.read()).toBe(before.text);
  });

  test("an ID that is not there is exit 3", async () => {
    const here = await seenHome("a");
    expect(await restore(here, "zzzz")).toMatchObject({
      code: 3,
      stdout: "",
      stderr: "error: there is no version zzzz\nhint: `bentocloud restore` lists the versions\n",
    });
  });

  test("keeps a file that cannot be read beside the one it brings back", async () => {
    const here = await seenHome("a", "b");
    const whole = here.read();
    const broken = Buffer.from("contexts: [\xff\n", "latin1");
    writeFileSync(here.file, broken);
    const [version] = await list(here);
    const { code, stderr } = await restore(here, version!.id);
    expect({ code, text: here.read() }).toEqual({ code: 0, text: whole });
    const [, aside = ""] = /^What could not be read is kept as (.*)$/m.exec(stderr) ?? [];
    expect(readFileSync(aside)).toEqual(broken);
    expect(aside).toStartWith(`${here.file}.broken-`);
    expect(here.tree().find((line) => line.includes("broken"))).toEndWith(" 0600");
  });

  test("writes through a symbolic link", async () => {
    const here = await seenHome("a", "b");
    await run(["logout", "b"], { home: here });
    const [version] = await list(here);
    mkdirSync(join(here.path, "dotfiles"));
    const real = join(here.path, "dotfiles/.yatai.yaml");
    writeFileSync(real, here.read(), { mode: 0o600 });
    unlinkSync(here.file);
    symlinkSync("../dotfiles/.yatai.yaml", here.file);
    expect((await restore(here, version!.id)).code).toBe(0);
    expect(readFileSync(real, "utf8")).toContain('name: "b"');
    expect(here.tree()).toContain("bentoml/.yatai.yaml -> ../dotfiles/.yatai.yaml");
  });
});

describe("what another program removed", () => {
  test.each([
    [["token"]],
    [["context", "list"]],
    [["context", "current"]],
    [["status", "--offline"]],
    [["list-context"]],
  ])("is said once, by the next command: %p", async (args) => {
    const here = await seenHome("a", "b");
    here.write(WIPED);
    const first = await run(args, { home: here, reveals: true });
    expect(ALERT.exec(first.stderr)?.slice(1, 4)).toEqual(["2 contexts", here.file, "a, b"]);
    expect(here.read()).toBe(WIPED);
    expect((await run(args, { home: here, reveals: true })).stderr).not.toContain("warning:");
  });

  test("comes back with `restore`, current again, beside what was added since", async () => {
    const here = await seenHome("a", "b");
    const tokens = [...here.read().matchAll(/api_token: (.*)/g)].map(([, token]) => token);
    here.write(WIPED);
    const [, , , , id = ""] = ALERT.exec((await run(["context", "list"], { home: here })).stderr) ?? [];
    writeContexts(here, [{ name: "new" }], "nothing");
    const { code, stderr } = await restore(here, id);
    expect(code).toBe(0);
    expect(stderr).toStartWith(`✓ Brought back ${id}: added a, b; current nothing → a\n`);
    expect([...here.read().matchAll(/^ {2}name: "?(\w+)/gm)].map(([, name]) => name)).toEqual([
      "new",
      "a",
      "b",
    ]);
    for (const token of tokens) expect(here.read().includes(token!)).toBe(true);
    expect((await list(here)).filter(({ kind }) => kind === "lost")).toEqual([]);
    expect((await restore(here, id)).stderr).toBe(`✓ Nothing to bring back: all of ${id} is there\n`);
  });

  test("is said with --quiet and with --json too", async () => {
    for (const options of [["--quiet"], ["--json"], ["--json", "--quiet"]]) {
      const here = await seenHome("a");
      here.write(WIPED);
      const { stderr } = await run(["context", "list", ...options], { home: here });
      expect(stderr).toMatch(/another program removed 1 context from .*: a; .* brings it back/);
    }
  });

  test("is found out by a command that writes, which keeps it before it writes", async () => {
    const here = await seenHome("a", "b", "c");
    writeContexts(here, [{ name: "b" }], "c");
    const { code, stderr } = await run(["use", "b"], { home: here });
    const [, count, , names, id = ""] = ALERT.exec(stderr) ?? [];
    expect({ code, count, names }).toEqual({ code: 0, count: "2 contexts", names: "a, c" });
    expect((await restore(here, id)).code).toBe(0);
    expect((await run(["list-context"], { home: here })).stdout).toBe('[\n  "b",\n  "a",\n  "c"\n]\n');
  });

  test("is said by one of many processes", async () => {
    const here = await seenHome("a", "b");
    here.write(WIPED);
    const commands = Array.from({ length: 8 }, () => run(["context", "list"], { home: here }));
    const said = (await Promise.all(commands)).filter(({ stderr }) => ALERT.test(stderr));
    expect(said).toHaveLength(1);
  });

  test("is not what our own commands removed", async () => {
    const here = await seenHome("a", "b", "c");
    for (const args of [
      ["context", "remove", "b"],
      ["context", "rename", "c", "d"],
      ["logout", "--all"],
      ["token"],
    ])
      expect((await run(args, { home: here })).stderr).not.toContain("another program");
  });

  test("is not what was given another name", async () => {
    const here = await seenHome("a", "b");
    here.write(here.read().replace('name: "b"', "name: renamed"));
    expect((await run(["context", "list"], { home: here })).stderr).toBe("");
  });

  test("is not said of a link that leads to another file now", async () => {
    const here = await seenHome("a", "b");
    const other = join(here.path, "other.yaml");
    writeFileSync(other, WIPED, { mode: 0o600 });
    unlinkSync(here.file);
    symlinkSync(other, here.file);
    expect((await run(["context", "list"], { home: here })).stderr).not.toContain("another program");
  });

  test("includes a token that is an older one again", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }], "none");
    const old = here.read();
    await run(["use", "a"], { home: here });
    writeContexts(here, [{ name: "a" }, { name: "b" }], "a");
    const fresh = here.read();
    await run(["use", "b"], { home: here });
    here.write(old);
    const { stderr } = await run(["context", "list"], { home: here });
    expect(stderr).toMatch(
      /^warning: another program put 2 contexts in .* back to an older API token: a, b; /,
    );
    const [, id = ""] = /restore (\w+)/.exec(stderr) ?? [];
    expect((await restore(here, id)).code).toBe(0);
    expect(here.read().replace(/current.*/, "")).toBe(fresh.replace(/current.*/, ""));
  });

  test("a new token by another program is a login, and nothing to warn of", async () => {
    const here = await seenHome("a", "b");
    writeContexts(here, [{ name: "a" }, { name: "b" }]);
    expect((await run(["context", "list"], { home: here })).stderr).toBe("");
  });

  test("is not what is still being written", async () => {
    const here = await seenHome(...Array.from({ length: 200 }, (_, index) => `n${index}`));
    const whole = here.read();
    const piece = whole.slice(0, whole.indexOf("- api_token", 9000));
    here.write(piece);
    expect((await run(["context", "list"], { home: here })).stderr).not.toContain("another program");
    here.write(whole);
    expect((await run(["context", "list"], { home: here })).stderr).toBe("");
  });

  test("is not what another home of ours removed from the same file", async () => {
    const here = await seenHome("a", "b");
    const other = join(here.path, "other");
    mkdirSync(other);
    symlinkSync(here.file, join(other, ".yatai.yaml"));
    const env = { BENTOML_HOME: other };
    expect((await run(["context", "remove", "b"], { home: here, env })).code).toBe(0);
    for (const where of [{}, env])
      expect((await run(["context", "list"], { home: here, env: where })).stderr).toBe("");
    here.write(WIPED);
    const said = [await run(["token"], { home: here, env }), await run(["token"], { home: here })];
    expect(said.map(({ stderr }) => stderr.includes("another program removed 1 context"))).toEqual([
      true,
      false,
    ]);
  });

  test("is kept apart from the versions, whatever was lost before", async () => {
    const here = await seenHome("a", "b");
    const entries = [
      { name: "a", token: canary() },
      { name: "b", token: canary() },
    ];
    for (const gone of ["a", "b"]) {
      writeContexts(here, entries);
      await run(["use", "a"], { home: here });
      await run(["use", "b"], { home: here });
      writeContexts(
        here,
        entries.filter(({ name }) => name !== gone),
      );
      await run(["context", "list"], { home: here });
    }
    const lost = (await list(here)).filter(({ kind }) => kind === "lost");
    expect(lost.map(({ contexts }) => contexts)).toEqual([["b"], ["a"]]);
  });

  test("stays restorable where its name stands for another login by now", async () => {
    const here = await seenHome("a", "b");
    here.write(WIPED);
    const [, , , , id = ""] = ALERT.exec((await run(["context", "list"], { home: here })).stderr) ?? [];
    writeContexts(here, [{ name: "a" }]);
    const { stderr } = await restore(here, id);
    expect(stderr).toContain(
      `another login is called a by now; rename it and restore ${id} again to have both`,
    );
    await run(["context", "rename", "a", "mine"], { home: here });
    expect((await restore(here, id)).code).toBe(0);
    expect((await run(["list-context"], { home: here })).stdout).toBe('[\n  "mine",\n  "b",\n  "a"\n]\n');
    expect((await list(here)).filter(({ kind }) => kind === "lost")).toEqual([]);
  });

  test.each([
    ["cut short", (text: string) => text.slice(0, -2)],
    ["of another shape", () => '{"missing":[null],"reverted":5,"current":1}'],
  ])("is not thrown away when its record is %s", async (_name, damage) => {
    const here = await seenHome("a");
    here.write(WIPED);
    const [, , , , id = ""] = ALERT.exec((await run(["context", "list"], { home: here })).stderr) ?? [];
    const folder = join(here.bentoml, ".bentocloud/lost");
    const path = join(folder, readdirSync(folder)[0]!);
    writeFileSync(path, damage(readFileSync(path, "utf8")));
    expect(await restore(here, id)).toMatchObject({ code: 6, stdout: "" });
    expect(readdirSync(folder)).toHaveLength(1);
    expect((await run(["restore"], { home: here })).code).toBe(0);
    expect((await run(["doctor"], { home: here })).code).toBe(0);
  });

  test("comes back as the newer login, also when the older one was put back and lost after it", async () => {
    const here = await seenHome("a", "b");
    const old = here.read();
    const token = canary();
    const replaced = new Bun.CryptoHasher("sha256")
      .update(`https://a.test\0${/api_token: (.*)/.exec(old)![1]}`)
      .digest("hex")
      .slice(0, 16);
    writeFileSync(join(here.bentoml, ".bentocloud/replaced.txt"), `${replaced}\n`);
    const folder = join(here.bentoml, ".bentocloud/lost");
    mkdirSync(folder, { mode: 0o700 });
    const record = (api_token: string) =>
      JSON.stringify({
        missing: [{ name: "a", endpoint: "https://a.test", email: null, instead: null, api_token }],
        reverted: [],
        current: "a",
      });
    writeFileSync(join(folder, "2026-01-01T00-00-00.000Z-0001.json"), record(token));
    writeFileSync(
      join(folder, "2026-01-01T00-00-01.000Z-0002.json"),
      record(/api_token: (.*)/.exec(old)![1]!),
    );
    for (const id of ["0001", "0002"]) expect((await restore(here, id)).code).toBe(0);
    expect(here.read().includes(token)).toBe(true);
  });

  test("does not bring back the login before one that is gone as well, and unnoticed yet", async () => {
    const cloud = await startCloud();
    const here = home();
    const signIn = async (token: string) => {
      const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", "a"];
      return run(args, { home: here, stdin: token });
    };
    const [first, second] = [cloud.issueToken(), cloud.issueToken()];
    await signIn(first);
    here.write(WIPED);
    // Says that the first one is gone, and takes its name.
    const [, , , , id = ""] = ALERT.exec((await signIn(second)).stderr) ?? [];
    here.write(WIPED);
    const { stderr } = await restore(here, id);
    const [, , , , newest = ""] = ALERT.exec(stderr) ?? [];
    expect(newest).not.toBe(id);
    await restore(here, newest);
    expect([first, second].map((token) => here.read().includes(token))).toEqual([false, true]);
  });

  test("tells a login that was made in the place of a lost one from that one", async () => {
    const cloud = await startCloud();
    const here = home();
    const signIn = async (token: string, name = "a") => {
      const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", name];
      return run(args, { home: here, stdin: token });
    };
    const [first, second] = [cloud.issueToken(), cloud.issueToken()];
    await signIn(first);
    const stale = here.read();
    here.write(WIPED);
    await signIn(second);
    // More writes than there are versions.
    for (let count = 0; count < 12; count += 1) await signIn(cloud.issueToken(), `b${count}`);
    here.write(stale);
    const { stderr } = await run(["context", "list"], { home: here });
    expect(stderr).toContain("put 1 context in");
    const [, id = ""] = /`bentocloud restore (\w+)`/.exec(stderr) ?? [];
    expect((await restore(here, id)).code).toBe(0);
    expect([first, second].map((token) => here.read().includes(token))).toEqual([false, true]);
  });

  test("does not bring an older login back over a newer one", async () => {
    const here = await seenHome("a", "b");
    here.write(WIPED);
    const [, , , , id = ""] = ALERT.exec((await run(["context", "list"], { home: here })).stderr) ?? [];
    writeContexts(here, [{ name: "a" }]);
    const now = /api_token: (.*)/.exec(here.read())![1]!;
    await restore(here, id);
    expect(here.read().includes(now)).toBe(true);
    expect((await run(["list-context"], { home: here })).stdout).toBe('[\n  "a",\n  "b"\n]\n');
  });

  test("where nothing can be kept is said again, until it is", async () => {
    const here = await seenHome("a");
    here.write(WIPED);
    const own = join(here.bentoml, ".bentocloud");
    // A folder of that name cannot be made.
    writeFileSync(join(own, "lost"), "");
    for (const _ of [1, 2]) {
      const { stderr } = await run(["context", "list"], { home: here });
      expect(stderr).toContain("`bentocloud restore`, where it can write, brings it back");
    }
    unlinkSync(join(own, "lost"));
    expect((await run(["context", "list"], { home: here })).stderr).toMatch(ALERT);
    expect(readdirSync(join(own, "lost"))).toHaveLength(1);
  });
});
