import { describe, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homeOf, keptIn, tokensIn, writeContexts } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

const WIPED = "contexts: []\ncurrent_context_name: default\n";
const ALERT =
  /^warning: another program removed (\d+ contexts?) from (.*): (.*); `bentocloud restore ([0-9a-f]{4})` brings (?:it|them) back$/m;

/** A home whose contexts our program has seen in a write of its own. */
async function seenHome(...names: string[]): Promise<Home> {
  const here = home();
  const entries = names.map((name) => ({ name }));
  writeContexts(here, entries, "none");
  expect((await run(["use", names[0]!], { home: here })).code).toBe(0);
  return here;
}

interface Listed {
  id: string;
  kind: "version" | "loss";
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
const namesOf = async (here: Home) =>
  JSON.parse((await run(["list-context"], { home: here })).stdout) as string[];

/** Wipes the file as another program does, and gives the ID that the next command names. */
async function wipe(here: Home): Promise<string> {
  here.write(WIPED);
  return ALERT.exec((await run(["context", "list"], { home: here })).stderr)?.[4] ?? "";
}

describe("restore without an ID", () => {
  test("says that there is nothing, and makes nothing", async () => {
    const here = home();
    const stderr = "No other version is kept yet; each login, logout and rename keeps one\n";
    expect(await run(["restore"], { home: here })).toMatchObject({ code: 0, stdout: "", stderr });
    expect(await list(here)).toEqual([]);
    expect(here.tree()).toEqual([]);
  });

  test("lists versions also where our own notes cannot be read", async () => {
    const here = await seenHome("a", "b");
    await run(["logout", "b"], { home: here });
    rmSync(`${here.bentoml}/.bentocloud/state.json`, { force: true });
    mkdirSync(`${here.bentoml}/.bentocloud/state.json`);
    expect((await run(["restore"], { home: here })).stdout).toContain("adds b");
  });

  test("lists what differs from the file in a login, newest first, each with what it would change", async () => {
    const here = await seenHome("a", "b", "c");
    await run(["context", "remove", "b"], { home: here });
    await run(["context", "rename", "c", "d"], { home: here });
    writeContexts(here, [{ name: "a" }]);
    const none = { added: [], removed: [], changed: [], changed_fields: {}, current: null };
    const token = { changed: ["a"], changed_fields: { a: ["api_token"] } };
    expect(await list(here)).toMatchObject([
      { kind: "loss", contexts: ["d"], changes: { ...none, added: ["d"] } },
      { kind: "version", contexts: ["a", "d"], changes: { ...none, ...token, added: ["d"] } },
      { kind: "version", contexts: ["a", "c"], changes: { ...none, ...token, added: ["c"] } },
      { kind: "version", contexts: ["a", "b", "c"], changes: { ...none, ...token, added: ["b", "c"] } },
    ]);
    for (const { id, time } of await list(here)) {
      expect(id).toMatch(/^[0-9a-f]{4}$/);
      expect(Math.abs(Date.now() - Date.parse(time))).toBeLessThan(60_000);
    }
    const { stdout } = await run(["restore"], { home: here });
    expect(stdout).toMatch(/^ID +KEPT +BRINGING IT BACK\n/);
    expect(stdout).toMatch(/^[0-9a-f]{4} +\d+ seconds? ago +adds d, which another program removed$/m);
    expect(stdout).toMatch(/^[0-9a-f]{4} +\d+ seconds? ago +adds b, c, changes the token of a$/m);
  });
});

describe("restore of a file that cannot be read", () => {
  test("lists what each version would bring back", async () => {
    const here = await seenHome("a", "b");
    here.write("contexts: [\n");
    const { stdout } = await run(["restore"], { home: here });
    expect(stdout).toMatch(/ago +brings back a, b in place of the file that cannot be read$/m);
  });
});

describe("restore without an ID on a terminal", () => {
  test("picks one of what it would list", async () => {
    const here = await seenHome("a", "b", "c");
    const before = here.read();
    await run(["logout", "b"], { home: here });
    await run(["logout", "c"], { home: here });
    const terminal = openTerminal(["restore"], { home: here });
    await terminal.waitFor("Bring back which version?");
    await terminal.waitFor(/adds c\b/);
    terminal.press("down");
    terminal.press("enter");
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.screen).toContain("added b, c");
    expect(here.read()).toBe(before);
  });

  test("changes nothing on Ctrl-C, and lists where stdout is no terminal", async () => {
    const here = await seenHome("a", "b");
    await run(["logout", "b"], { home: here });
    const before = here.read();
    const terminal = openTerminal(["restore"], { home: here });
    await terminal.waitFor("Bring back which version?");
    terminal.press("ctrl-c");
    expect((await terminal.exit).code).toBe(130);
    const piped = openTerminal(["restore"], { home: here, stdout: "pipe" });
    expect((await piped.exit).code).toBe(0);
    expect(piped.stdout).toMatch(/ago +adds b\n$/);
    expect(here.read()).toBe(before);
  });
});

describe("restore ID", () => {
  test("brings the file back as it was, byte for byte, and says how to undo that", async () => {
    const here = homeOf("a", "b");
    const first = `# mine\n${here.read()}extra: kept\n`;
    here.write(first);
    await run(["context", "remove", "b"], { home: here });
    const second = here.read();
    const [version] = await list(here);
    const { code, stderr } = await restore(here, version!.id);
    expect({ code, text: here.read() }).toEqual({ code: 0, text: first });
    const [, undo = ""] = /^hint: bentocloud restore (\w+) undoes this$/m.exec(stderr) ?? [];
    expect(stderr).toStartWith(
      `✓ Brought back ${version!.id}: added b\n` +
        "hint: `bentocloud status --context=b` says whether its API token still works\n",
    );
    expect((await restore(here, undo)).code).toBe(0);
    expect(here.read()).toBe(second);
    expect((await restore(here, undo)).stderr).toBe(`✓ Nothing to bring back: all of ${undo} is there\n`);
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
      changed_fields: {},
      current: null,
      undo: keptIn(here).at(-2)!.id,
      aside: null,
      taken: [],
    });
  });

  test("an ID that is not there is exit 3", async () => {
    const stderr = 'error: there is no version "zzzz"\nhint: `bentocloud restore` lists the versions\n';
    expect(await restore(await seenHome("a"), "zzzz")).toMatchObject({ code: 3, stdout: "", stderr });
  });

  test("of a mistyped ID says the one that is there", async () => {
    const here = await seenHome("a", "b");
    await run(["logout", "a"], { home: here });
    const { id } = keptIn(here).at(-1)!;
    const { stderr } = await restore(here, `${id.slice(0, 3)}x`);
    expect(stderr).toContain(`hint: did you mean \`bentocloud restore ${id}\`?\n`);
  });

  test("of a version or a loss that is damaged is an error, and does not stop the others", async () => {
    const here = await seenHome("a", "b");
    await run(["logout", "b"], { home: here });
    await wipe(here);
    for (const kind of ["version", "loss"] as const) {
      const { id } = keptIn(here, kind)[0]!;
      const name = here
        .tree()
        .find((line) => line.includes(`-${id}.`))!
        .replace(/ 0600$/, "");
      writeFileSync(join(here.path, name), "contexts: [");
      const { code, stderr } = await restore(here, id);
      expect(stderr).toContain(`-${id}.${kind}.yaml cannot be read`);
      expect(code).toBe(6);
    }
    expect((await run(["restore"], { home: here })).code).toBe(0);
    expect((await restore(here, keptIn(here)[1]!.id)).code).toBe(0);
    expect(await namesOf(here)).toEqual(["a"]);
  });

  test("keeps a file that cannot be read beside the one it brings back", async () => {
    const here = await seenHome("a", "b");
    const before = here.read();
    const broken = Buffer.from("contexts: [\xff\n", "latin1");
    writeFileSync(here.file, broken, { mode: 0o600 });
    utimesSync(here.file, 1, 1);
    const { code, stderr } = await restore(here, keptIn(here).at(-1)!.id);
    expect({ code, text: here.read() }).toEqual({ code: 0, text: before });
    const [, aside = ""] = /^What could not be read is kept as (.*)$/m.exec(stderr) ?? [];
    expect(readFileSync(aside)).toEqual(broken);
    expect(aside).toStartWith(`${here.file}.broken-`);
    expect(here.tree().find((line) => line.includes("broken"))).toEndWith(" 0600");
    expect((await run(["token"], { home: here, reveals: true })).stderr).toBe("");
  });
});

describe("what another program removed", () => {
  test.each([
    [["token"]],
    [["context", "list", "--quiet"]],
    [["context", "current", "--json"]],
    [["status", "--offline", "--json", "--quiet"]],
    [["list-context"]],
    [["use", "a"]],
  ])("is said once, by the next command: %p", async (args) => {
    const here = await seenHome("a", "b");
    here.write(WIPED);
    const first = await run(args, { home: here, reveals: true });
    // JSON doubles the backslashes of Windows' paths.
    expect(first.stderr.replaceAll("\\\\", "\\")).toContain(
      `another program removed 2 contexts from ${here.file}: a, b; \`bentocloud restore `,
    );
    expect(here.read()).toBe(WIPED);
    expect((await run(args, { home: here, reveals: true })).stderr).not.toContain("warning: another");
  });

  test.each([
    ["the active one", ["token"], {}, "a", 4],
    ["status", ["status", "--offline"], {}, "a", 4],
    ["Python's verb", ["current-context"], {}, "a", 1],
    ["--context", ["--context", "a", "token"], {}, "a", 3],
    ["a variable", ["token"], { BENTOML_CLOUD_CONTEXT: "a" }, "a", 3],
    ["use", ["use", "a"], {}, "a", 3],
    ["a name that was never lost", ["use", "zzz"], {}, undefined, 3],
    ["no context at all", ["token"], {}, "everything", 4],
  ])("is in the hint when the warning was not seen: %s", async (_, args, env, lost, code) => {
    const here = await seenHome("a", "b");
    writeContexts(here, lost === "everything" ? [] : [{ name: "b" }], "a");
    const id = ALERT.exec((await run(["context", "list"], { home: here })).stderr)?.[4];
    const { stderr, ...result } = await run(args, { home: here, env });
    expect(result.code).toBe(code);
    const hint = `hint: \`bentocloud restore ${id}\` brings back what another program removed\n`;
    if (lost) expect(stderr).toEndWith(hint);
    else expect(stderr).toEndWith("hint: `bentocloud context list` shows the contexts\n");
    expect((await restore(here, id!)).code).toBe(0);
  });

  test("comes back, current again, beside what was added since", async () => {
    const here = await seenHome("a", "b");
    const tokens = tokensIn(here);
    const id = await wipe(here);
    writeContexts(here, [{ name: "new" }], "nothing");
    const { code, stderr } = await restore(here, id);
    expect(code).toBe(0);
    expect(stderr).toStartWith(`✓ Brought back ${id}: added a, b, made a current\n`);
    expect(await namesOf(here)).toEqual(["new", "a", "b"]);
    expect(JSON.stringify(tokensIn(here).slice(1)) === JSON.stringify(tokens)).toBe(true);
    expect((await list(here)).map(({ kind }) => kind)).not.toContain("loss");
    expect((await restore(here, id)).stderr).toBe(`✓ Nothing to bring back: all of ${id} is there\n`);
  });

  test("is said by one of many processes", async () => {
    const here = await seenHome("a", "b");
    here.write(WIPED);
    const commands = Array.from({ length: 8 }, () => run(["context", "list"], { home: here }));
    const said = (await Promise.all(commands)).filter(({ stderr }) => ALERT.test(stderr));
    expect(said).toHaveLength(1);
  });

  test("from a file that two homes share is said in one of them, and what either removed in none", async () => {
    const here = await seenHome("a", "b");
    mkdirSync(join(here.path, "other"));
    symlinkSync(here.file, join(here.path, "other/.yatai.yaml"));
    const env = { BENTOML_HOME: join(here.path, "other") };
    expect((await run(["context", "remove", "b"], { home: here, env })).code).toBe(0);
    for (const where of [{}, env])
      expect((await run(["context", "list"], { home: here, env: where })).stderr).toBe("");
    here.write(WIPED);
    const said = [await run(["token"], { home: here, env }), await run(["token"], { home: here })];
    const isSaid = said.map(({ stderr }) => stderr.includes("another program removed 1 context"));
    expect(isSaid).toEqual([true, false]);
  });

  test("stays restorable where its name stands for another login by now", async () => {
    const here = await seenHome("a", "b");
    const id = await wipe(here);
    writeContexts(here, [{ name: "a" }]);
    const taken = /api_token: (.*)/.exec(here.read())![1]!;
    const { stderr } = await restore(here, id);
    expect(stderr).toContain(`another login is called a by now; rename it and restore ${id} again`);
    expect(await namesOf(here)).toEqual(["a", "b"]);
    expect(here.read().includes(taken)).toBe(true);
    await run(["context", "rename", "a", "mine"], { home: here });
    expect((await restore(here, id)).code).toBe(0);
    expect(await namesOf(here)).toEqual(["mine", "b", "a"]);
  });
});
