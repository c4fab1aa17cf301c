import { describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { doctor as look, STORAGE, writeRotation } from "./doctor.ts";
import { JOURNAL } from "./rotation.ts";

sweepCanaries(JOURNAL);

/** What is stored, and nothing else: no server is asked. */
async function doctor(here: Home, ...args: string[]) {
  const { of, ...rest } = await look(["--offline", ...args], { home: here });
  return { ...rest, of: (id: string) => of(id)! };
}

const names = async (here: Home) => JSON.parse((await run(["list-context"], { home: here })).stdout);

/** Looks first, which must change nothing, then repairs, and looks once more. */
async function repair(here: Home, id: string) {
  const before = { tree: here.tree(), text: readFileSync(here.file).toString("latin1") };
  const found = (await doctor(here)).of(id);
  expect({ tree: here.tree(), text: readFileSync(here.file).toString("latin1") }).toEqual(before);
  const repaired = (await doctor(here, "--fix")).of(id);
  return { found, repaired, after: (await doctor(here)).of(id) };
}

describe("doctor", () => {
  test("finds nothing wrong with a home that is not there, and makes none", async () => {
    const here = home();
    const { code, checks } = await doctor(here, "--fix");
    expect({ code, tree: here.tree() }).toEqual({ code: 0, tree: [] });
    expect(new Set(checks.map(({ status }) => status))).toEqual(new Set(["ok"]));
  });

  test("shows one line a check, and says what --fix would repair", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }], "__env__");
    chmodSync(here.file, 0o644);
    const { code, stdout, stderr } = await run(["doctor", "--offline"], { home: here });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "hint: bentocloud doctor --fix repairs 2 of these\n",
    });
    expect(stdout).toContain(`✓  file         ${here.file}\n`);
    expect(stdout).toContain(
      "✗  current      __env__ is current, which Python bentoml wrote and cannot find\n",
    );
    expect(stdout).toContain(`!  modes        others can read or change ${here.file}\n`);
  });

  test("warnings alone are no failure", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }]);
    chmodSync(here.file, 0o644);
    expect((await doctor(here)).code).toBe(0);
  });
});

describe("the contexts file", () => {
  const broken = Buffer.from("contexts: [\xff\n", "latin1");
  const asides = (here: Home) => readdirSync(here.bentoml).filter((name) => name.includes(".broken-"));

  test("that cannot be read is kept beside the last whole version", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }]);
    await run(["use", "b"], { home: here });
    const whole = here.read();
    writeFileSync(here.file, broken);
    expect((await doctor(here)).of("file")).toMatchObject({ status: "fail", fixed: false });
    expect((await doctor(here, "--fix")).of("file")).toMatchObject({ status: "ok", fixed: true });
    const [aside] = asides(here);
    expect(here.read()).toBe(whole);
    expect(readFileSync(join(here.bentoml, aside!))).toEqual(broken);
    expect((await doctor(here)).code).toBe(0);
  });

  test("that cannot be read goes aside where no earlier version is known", async () => {
    const here = home();
    here.write("");
    writeFileSync(here.file, broken);
    expect((await doctor(here)).of("file").status).toBe("fail");
    expect((await doctor(here, "--fix")).of("file")).toMatchObject({ status: "ok", fixed: true });
    const [aside] = asides(here);
    expect(readFileSync(join(here.bentoml, aside!))).toEqual(broken);
    expect(here.tree().some((line) => line.startsWith("bentoml/.yatai.yaml 0"))).toBe(false);
    expect((await doctor(here)).code).toBe(0);
  });

  test("that is a directory is reported, and left alone", async () => {
    const here = home();
    mkdirSync(here.file, { recursive: true });
    const { code, of } = await doctor(here, "--fix");
    expect({ code, fixed: of("file").fixed, status: of("file").status }).toEqual({
      code: 1,
      fixed: false,
      status: "fail",
    });
  });

  test("that is a loop of links is reported", async () => {
    const here = home();
    mkdirSync(here.bentoml);
    symlinkSync(".yatai.yaml", here.file);
    expect((await doctor(here, "--fix")).code).toBe(1);
  });
});

describe("a file that was emptied", () => {
  test("gets its contexts back", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }], "b");
    await run(["use", "a"], { home: here });
    const whole = here.read();
    here.write("contexts: []\ncurrent_context_name: default\n");
    await run(["context", "list"], { home: here });
    const { found, repaired, after } = await repair(here, "lost");
    expect([found.status, repaired.status, repaired.fixed, after.status]).toEqual(["fail", "ok", true, "ok"]);
    expect(await names(here)).toEqual(["a", "b"]);
    expect((await run(["context", "current"], { home: here })).stdout).toBe("a\n");
    for (const [, token] of whole.matchAll(/api_token: (.*)/g))
      expect(here.read().includes(token!)).toBe(true);
  });

  test("gets them back beside what is there by now", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }], "b");
    await run(["use", "a"], { home: here });
    writeContexts(here, [{ name: "b" }]);
    await run(["context", "list"], { home: here });
    const { found, repaired } = await repair(here, "lost");
    expect(found).toMatchObject({ status: "warn", hint: "bentocloud restore" });
    expect({ fixed: repaired.fixed, names: await names(here) }).toEqual({ fixed: true, names: ["b", "a"] });
  });

  test("is told of without a trace, so that the next command still says it", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }], "b");
    await run(["use", "a"], { home: here });
    here.write("contexts: []\ncurrent_context_name: default\n");
    const tree = here.tree();
    expect((await doctor(here)).of("lost")).toMatchObject({ status: "fail" });
    expect(here.tree()).toEqual(tree);
    const { stderr } = await run(["token"], { home: here });
    expect(stderr).toContain("another program removed 2 contexts");
  });
});

describe("the current context", () => {
  test("is the one it was, when Python bentoml made it __env__", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }]);
    await run(["use", "b"], { home: here });
    here.write(here.read().replace(/current_context_name: .*/, "current_context_name: __env__"));
    const { found, repaired, after } = await repair(here, "current");
    expect([found.status, repaired.fixed, after.status]).toEqual(["fail", true, "ok"]);
    expect((await run(["context", "current"], { home: here })).stdout).toBe("b\n");
  });

  test("is the first one where nothing tells what it was, and that is said", async () => {
    for (const current of ["__env__", "gone"]) {
      const here = home();
      writeContexts(here, [{ name: "a" }, { name: "b" }], current);
      const { found, repaired, after } = await repair(here, "current");
      expect([found.status, repaired.fixed, after.status]).toEqual(["fail", true, "ok"]);
      expect(repaired.message).toBe('"a" is current now, `bentocloud use NAME` chooses another');
    }
  });

  test("is the only one there is, when it names nothing", async () => {
    const here = home();
    writeContexts(here, [{ name: "only" }], "gone");
    const { found, repaired } = await repair(here, "current");
    expect([found.status, repaired.fixed]).toEqual(["fail", true]);
    expect((await run(["context", "current"], { home: here })).stdout).toBe("only\n");
  });
});

describe("entries", () => {
  test("without a token go, and the version before has them", async () => {
    const here = home();
    here.write(
      `contexts:\n- endpoint: https://x.test\n  name: bare\n- api_token: ${canary()}\n  endpoint: https://x.test\n  name: a\ncurrent_context_name: a\n`,
    );
    const before = here.read();
    const { found, repaired, after } = await repair(here, "tokens");
    expect([found.status, repaired.fixed, after.status]).toEqual(["fail", true, "ok"]);
    expect(await names(here)).toEqual(["a"]);
    const [, undo = ""] = /version (\w{4}) still has it/.exec(repaired.message) ?? [];
    expect((await run(["restore", undo], { home: here })).code).toBe(0);
    expect(here.read()).toBe(before);
  });

  test("of one name get names of their own, except those that are the same login", async () => {
    const here = home();
    const token = canary();
    writeContexts(here, [
      { name: "a", token },
      { name: "a", endpoint: "https://other.test" },
      { name: "b" },
      { name: "a", token },
      { name: "a-2" },
    ]);
    const { found, repaired, after } = await repair(here, "names");
    expect([found.status, repaired.fixed, after.status]).toEqual(["warn", true, "ok"]);
    expect(await names(here)).toEqual(["a", "a-3", "b", "a-2"]);
    expect((await run(["context", "show", "a-3", "--json"], { home: here })).stdout).toContain("other.test");
  });

  test("that Python bentoml reads as something else are named with their line", async () => {
    const here = home();
    here.write(
      `contexts:\n- api_token: ${canary()}\n  endpoint: https://x.test\n  name: yes\ncurrent_context_name: 'True'\n`,
    );
    const { found, repaired } = await repair(here, "values");
    expect(found).toMatchObject({
      status: "warn",
      message: expect.stringContaining('line 4: context "yes" is left out: its name is read by Python as'),
    });
    expect(repaired.fixed).toBe(false);
  });
});

describe("what lies around", () => {
  test("modes that let others read tokens are narrowed", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }]);
    await run(["use", "b"], { home: here });
    const own = join(here.bentoml, ".bentocloud");
    const [backup] = readdirSync(join(own, "backups"));
    for (const path of [here.file, join(own, "backups", backup!), join(own, "known.yaml")])
      chmodSync(path, 0o664);
    chmodSync(own, 0o755);
    const { found, repaired, after } = await repair(here, "modes");
    expect([found.status, repaired.fixed, after.status]).toEqual(["warn", true, "ok"]);
    const wide = here.tree().filter((line) => line.includes(".bentocloud") && !/ 0[67]00$/.test(line));
    expect(wide).toEqual([]);
  });

  test("one that cannot be narrowed is a finding, and no other check is lost", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }]);
    chmodSync(here.file, 0o644);
    const immutable = Bun.spawnSync(["chattr", "+i", here.file]).exitCode === 0;
    try {
      const { ids, of } = await doctor(here, "--fix");
      expect(ids.slice(0, STORAGE.length)).toEqual(STORAGE);
      if (immutable)
        expect(of("modes")).toMatchObject({
          fixed: false,
          message: expect.stringContaining("not repaired: cannot change the mode of"),
        });
    } finally {
      if (immutable) Bun.spawnSync(["chattr", "-i", here.file]);
    }
  });

  test("a home that others can write is named, and left as it is", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }]);
    chmodSync(here.bentoml, 0o777);
    const { found, repaired } = await repair(here, "home");
    expect(found).toMatchObject({ status: "warn", hint: `chmod go-w ${here.bentoml}` });
    expect(repaired.fixed).toBe(false);
  });

  test("what interrupted writes left is removed, and nothing of a process at work", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }]);
    await run(["use", "b"], { home: here });
    const own = join(here.bentoml, ".bentocloud");
    const dead = 2 ** 22 + 1;
    const place = [
      hostname(),
      readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
      Bun.spawnSync(["stat", "-Lc", "%i", "/proc/self/ns/pid"]).stdout.toString().trim(),
    ].join("/");
    const litter = [
      [join(here.bentoml, `.yatai.yaml.${dead}-abcdef12.tmp`), ""],
      [join(own, `state.json.${dead}-abcdef12.tmp`), ""],
      [join(own, "lock"), JSON.stringify({ pid: dead, place, nonce: "x" })],
    ] as const;
    const ours = [
      join(here.bentoml, `.yatai.yaml.${process.pid}-abcdef12.tmp`),
      join(here.bentoml, `other.yaml.${dead}-abcdef12.tmp`),
    ];
    for (const [path, text] of litter) writeFileSync(path, text, { mode: 0o600 });
    for (const path of ours) writeFileSync(path, "", { mode: 0o600 });
    const { found, repaired, after } = await repair(here, "leftovers");
    expect([found.status, repaired.fixed, after.status]).toEqual(["warn", true, "ok"]);
    const tree = here.tree().join("\n");
    for (const [path] of litter) expect(tree).not.toContain(path.slice(path.lastIndexOf("/") + 1) + " ");
    for (const path of ours) expect(readFileSync(path, "utf8")).toBe("");
  });
});

describe("a token rotation that has not ended", () => {
  test("is named, with the context that can end it", async () => {
    const here = home();
    const token = canary();
    writeContexts(here, [{ name: "other" }, { name: "it's mine", endpoint: "https://x.test", token }]);
    writeRotation(here, { name: "ci", token, endpoint: "https://x.test" });
    expect((await doctor(here)).of("rotations")).toMatchObject({
      status: "warn",
      message: 'a token rotation has not ended: that of "ci" at https://x.test, begun 3h ago',
      hint: "bentocloud api-token rotate 'it'\\''s mine'",
      fixed: false,
    });
  });

  test("of an endpoint without a context asks for a login first", async () => {
    const here = home();
    writeContexts(here, [{ name: "other" }]);
    writeRotation(here, { name: "ci", token: canary(), endpoint: "https://x.test" });
    expect((await doctor(here)).of("rotations").hint).toStartWith("sign in to that endpoint");
  });

  test("whose record is broken is a failure, and the record stays", async () => {
    const here = home();
    writeContexts(here, [{ name: "a" }]);
    mkdirSync(join(here.bentoml, ".bentocloud"), { mode: 0o700 });
    const journal = join(here.bentoml, ".bentocloud/rotations.json");
    writeFileSync(journal, "{}", { mode: 0o600 });
    expect((await doctor(here, "--fix")).of("rotations")).toMatchObject({ status: "fail", fixed: false });
    expect(readFileSync(journal, "utf8")).toBe("{}");
  });
});
