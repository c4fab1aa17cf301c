import { describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { locateHome } from "../../src/resolve/bentoml-home.ts";
import { home, run, type RunOptions } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { sweepCanaries } from "../support/sweep.ts";
import { ownOf } from "../store/fixture.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });

function signIn(options: RunOptions) {
  const stdin = cloud.issueToken();
  return run(["login", "--with-token", "--endpoint", cloud.url], { ...options, stdin });
}

const cwd = () => "/srv/here";
const fileOf = (BENTOML_HOME: string | undefined, env: Record<string, string> = {}) =>
  locateHome({ HOME: "/home/me", ...env, ...(BENTOML_HOME !== undefined && { BENTOML_HOME }) }, cwd).file;

describe("locateHome", () => {
  test.each([
    ["unset", undefined, "/home/me/bentoml"],
    ["empty", "", "/home/me/bentoml"],
    ["blank", "  ", "/home/me/bentoml"],
    ["absolute", "/srv/bento", "/srv/bento"],
    ["relative", "rel/dir", "/srv/here/rel/dir"],
    ["a tilde", "~/x", "/home/me/x"],
    ["a tilde alone", "~", "/home/me"],
    ["a variable", "$BASE/x", "/srv/base/x"],
    ["a variable in braces", "${BASE}/x", "/srv/base/x"],
    ["a variable that holds a tilde", "$TILDE/x", "/home/me/sub/x"],
    ["a variable that holds a variable", "$NESTED/x", "/srv/base/x"],
    ["an undefined variable, which stays", "$NOPE/x", "/srv/here/$NOPE/x"],
    ["a name that every object has", "/a/$constructor/${toString}", "/a/$constructor/${toString}"],
    ["an empty variable", "/a$EMPTY/b", "/a/b"],
    ["a leading blank, which is part of the name", " x", "/srv/here/ x"],
    ["an unfinished brace, which stays", "/a/${BASE", "/a/${BASE"],
    ["two dollars", "/a/$$BASE", "/a/$/srv/base"],
  ])("%s", (_what, value, home) => {
    const env = { BASE: "/srv/base", TILDE: "~/sub", NESTED: "$BASE", EMPTY: "" };
    expect(fileOf(value, env)).toBe(`${home}/.yatai.yaml`);
  });

  test("keeps our own directory beside the file", () => {
    expect(locateHome({ HOME: "/home/me" }, cwd).own).toBe("/home/me/bentoml/.bentocloud");
  });

  test.each([["a$BENTOML_HOME"], ["$BENTOML_HOME/x"]])("%s refers to itself and is an error", (value) => {
    expect(() => fileOf(value)).toThrow("BENTOML_HOME refers to itself");
  });

  test.each([
    ["doubles", { X: "$X$X", BENTOML_HOME: "$X" }],
    ["is long", { X: "x".repeat(5000), BENTOML_HOME: "/a/$X" }],
    ["has many braces", { BENTOML_HOME: "${".repeat(60_000) }],
  ])("a path that %s is refused at once", (_what, env) => {
    const started = performance.now();
    expect(() => locateHome({ HOME: "/home/me", ...env }, cwd)).toThrow("longer than any path");
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  test("another user's home is refused, and not read as the name of a directory", () => {
    expect(() => fileOf("~other/x")).toThrow("names another user's home (~other)");
  });

  test("an absolute path needs no working directory", () => {
    const gone = () => {
      throw new Error("gone");
    };
    expect(locateHome({ HOME: "/home/me" }, gone).file).toBe("/home/me/bentoml/.yatai.yaml");
    expect(locateHome({ HOME: "/home/me", BENTOML_HOME: "~/x" }, gone).file).toBe("/home/me/x/.yatai.yaml");
  });
});

describe("BENTOML_HOME", () => {
  test.each([
    ["relative to the working directory", "rel/dir", "rel/dir"],
    ["with a variable in a variable", "$OUTER/in", "v/in"],
    ["with letters beyond ASCII", "~/ünï", "ünï"],
  ])("is where login writes: %s", async (_name, value, place) => {
    const here = home();
    const env = { OUTER: "$INNER", INNER: "~/v", BENTOML_HOME: value };
    expect((await signIn({ home: here, env })).code).toBe(0);
    expect(here.tree().filter((line) => line.includes(".yatai.yaml"))).toEqual([`${place}/.yatai.yaml 0600`]);
    const shown = await run(["status", "--offline"], { home: here, env });
    expect(shown.stdout).toContain(join(here.path, place, ".yatai.yaml"));
  });

  test("that refers to itself is an error, while Python never ends", async () => {
    const here = home();
    const env = { BENTOML_HOME: "$A", A: "$B", B: "x$A" };
    const { code, stdout, stderr } = await signIn({ home: here, env });
    expect({ code, stdout }).toEqual({ code: 6, stdout: "" });
    expect(stderr).toBe("error: BENTOML_HOME refers to itself\nhint: set BENTOML_HOME to an absolute path\n");
    expect(here.tree()).toEqual([]);
  });

  test("that is a file is an error of reading, and of login before it sends a request", async () => {
    const here = home();
    writeFileSync(here.bentoml, "a file");
    const asked = cloud.requests.length;
    for (const result of [await run(["token"], { home: here }), await signIn({ home: here })]) {
      expect(result).toMatchObject({ code: 6, stdout: "" });
      expect(result.stderr).toContain(`cannot read ${here.file}: a part of the path is not a directory`);
    }
    expect(here.tree()).toEqual([expect.stringMatching(/^bentoml 0\d+$/)]);
    expect(cloud.requests).toHaveLength(asked);
  });
});

describe("our own directory", () => {
  test("contains the state and the versions, private to the owner, and a wider mode is narrowed", async () => {
    const here = home();
    mkdirSync(ownOf(here), { recursive: true, mode: 0o755 });
    for (const _ of [1, 2]) await signIn({ home: here });
    const version = expect.stringMatching(/^bentoml\/\.bentocloud\/versions\/[\w.-]+\.version\.yaml 0600$/);
    expect(here.tree()).toEqual([
      "bentoml/ 0755",
      "bentoml/.bentocloud/ 0700",
      "bentoml/.bentocloud/state.json 0600",
      "bentoml/.bentocloud/versions/ 0700",
      version,
      version,
      "bentoml/.yatai.yaml 0600",
    ]);
  });

  test.each([
    ["broken", "{"],
    ["hostile", '{"previous":{"a":1},"identities":{"default":[null,5]}}'],
  ])(
    "may contain a state file that is %s: it counts as lost, and the next write replaces it",
    async (_name, text) => {
      const here = home();
      await signIn({ home: here });
      writeFileSync(join(ownOf(here), "state.json"), text);
      expect(await run(["token"], { home: here, reveals: true })).toMatchObject({ code: 0, stderr: "" });
      expect((await run(["use", "-"], { home: here })).code).toBe(3);
      expect((await signIn({ home: here })).code).toBe(0);
      const shown = await run(["status", "--offline", "--json"], { home: here });
      expect(JSON.parse(shown.stdout)).toMatchObject({ organization: "acme" });
      expect(here.read()).not.toContain("acme");
    },
  );

  test("is in another home only if the contexts file is a link to the file of that home", () => {
    const here = home();
    for (const name of ["one", "two", "files"]) mkdirSync(join(here.path, name));
    symlinkSync("../one/.yatai.yaml", join(here.path, "two/.yatai.yaml"));
    const ownAt = (name: string) => locateHome({ BENTOML_HOME: join(here.path, name) }, cwd).own;
    expect([ownAt("one"), ownAt("two")]).toEqual([1, 2].map(() => join(here.path, "one/.bentocloud")));
    symlinkSync("../files/yatai.yaml", join(here.path, "one/.yatai.yaml"));
    expect(ownAt("one")).toBe(join(here.path, "one/.bentocloud"));
  });
});
