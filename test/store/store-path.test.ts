import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { home, run, type RunOptions } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

function signIn(options: RunOptions) {
  const stdin = cloud.issueToken();
  return run(["login", "--with-token", "--endpoint", cloud.url], { ...options, stdin });
}

const filesIn = (tree: string[]) => tree.filter((line) => line.includes(".yatai.yaml"));

describe("BENTOML_HOME, as Python bentoml reads it", () => {
  test.each([
    ["unset", undefined, "bentoml"],
    ["relative", "rel/dir", "rel/dir"],
    ["with a tilde", "~/x", "x"],
    ["with $VAR", "$HOME/y", "y"],
    ["with ${VAR}", "${HOME}/z", "z"],
    ["with a variable in a variable", "$OUTER/in", "v/in"],
    ["with an undefined variable, taken as it is written", "$NOPE/q", "$NOPE/q"],
    ["with a leading blank", " lead", " lead"],
    ["with .. in it", "a/../b", "b"],
    ["with a slash at the end", "~/end/", "end"],
    ["with letters beyond ASCII", "~/ünï", "ünï"],
  ])("%s", async (_name, value, place) => {
    const here = home();
    const env = { OUTER: "$INNER", INNER: "~/v", ...(value === undefined ? {} : { BENTOML_HOME: value }) };
    expect((await signIn({ home: here, env })).code).toBe(0);
    expect(filesIn(here.tree())).toEqual([`${place}/.yatai.yaml 0600`]);
    const shown = await run(["status", "--offline"], { home: here, env });
    expect(shown.stdout).toContain(join(here.path, place, ".yatai.yaml"));
  });

  test("empty counts as unset, and says so", async () => {
    const here = home();
    const env = { BENTOML_HOME: "" };
    expect((await signIn({ home: here, env })).code).toBe(0);
    expect(filesIn(here.tree())).toEqual(["bentoml/.yatai.yaml 0600"]);
    const { stderr } = await run(["context", "current"], { home: here, env });
    expect(stderr).toBe("warning: BENTOML_HOME is set but empty; ignored\n");
  });

  test.each([
    ["itself", { BENTOML_HOME: "a$BENTOML_HOME" }],
    ["a ring of variables", { BENTOML_HOME: "$A", A: "$B", B: "x$A" }],
  ])("that refers to %s ends with an error, where Python never ends", async (_name, env) => {
    const here = home();
    const { code, stdout, stderr } = await signIn({ home: here, env });
    expect({ code, stdout }).toEqual({ code: 6, stdout: "" });
    expect(stderr).toBe("error: BENTOML_HOME refers to itself\nhint: set BENTOML_HOME to an absolute path\n");
    expect(here.tree()).toEqual([]);
  });

  test("with a file in its place: reading and login say what is in the way", async () => {
    const here = home();
    writeFileSync(here.bentoml, "a file");
    const read = await run(["token"], { home: here });
    expect(read).toMatchObject({ code: 6, stdout: "" });
    expect(read.stderr).toStartWith(`error: cannot read ${here.file}: a part of the path is not a directory`);
    const { code, stderr } = await signIn({ home: here });
    expect(code).toBe(6);
    expect(stderr).toStartWith(`error: cannot read ${here.file}: `);
    expect(stderr).toContain("a part of the path is not a directory");
    expect(here.tree()).toEqual([expect.stringMatching(/^bentoml 0\d+$/)]);
  });

  test("that cannot be made: login says so before it asks the server", async () => {
    const before = cloud.requests.length;
    const { code, stderr } = await signIn({ env: { BENTOML_HOME: "/dev/null/x" } });
    expect({ code, requests: cloud.requests.length - before }).toEqual({ code: 6, requests: 0 });
    expect(stderr).toStartWith("error: cannot read /dev/null/x/.yatai.yaml: ");
  });
});

describe("our own directory", () => {
  test("holds our memory, lock and backups, for the owner alone", async () => {
    const here = home();
    await signIn({ home: here });
    await signIn({ home: here });
    expect(here.tree()).toEqual([
      "bentoml/ 0755",
      "bentoml/.bentocloud/ 0700",
      "bentoml/.bentocloud/backups/ 0700",
      expect.stringMatching(/^bentoml\/\.bentocloud\/backups\/[\w.-]+\.yaml 0600$/),
      "bentoml/.bentocloud/known.yaml 0600",
      "bentoml/.bentocloud/replaced.txt 0600",
      "bentoml/.bentocloud/state.json 0600",
      "bentoml/.yatai.yaml 0600",
    ]);
  });

  test("is narrowed when others could read it", async () => {
    const here = home();
    mkdirSync(join(here.bentoml, ".bentocloud"), { recursive: true, mode: 0o755 });
    await signIn({ home: here });
    expect(here.tree()).toContain("bentoml/.bentocloud/ 0700");
  });

  test("keeps what Python would drop out of the shared file", async () => {
    const here = home();
    await signIn({ home: here });
    expect(here.read()).not.toContain("acme");
    const shown = await run(["status", "--offline", "--json"], { home: here });
    expect(JSON.parse(shown.stdout)).toMatchObject({ organization: "acme" });
  });

  test.each([
    ["broken", "{"],
    ["of another shape", "[1]"],
    ["null", "null"],
    ["hostile", '{"previous":{"a":1},"identities":[null,5,{"name":"default"}]}'],
  ])("may hold a memory that is %s: it counts as lost", async (_name, text) => {
    const here = home();
    await signIn({ home: here });
    writeFileSync(join(here.bentoml, ".bentocloud/state.json"), text);
    expect(await run(["token"], { home: here, reveals: true })).toMatchObject({ code: 0, stderr: "" });
    expect((await run(["use", "-"], { home: here })).code).toBe(3);
    expect((await signIn({ home: here })).code).toBe(0);
    const shown = await run(["status", "--offline", "--json"], { home: here });
    expect(JSON.parse(shown.stdout)).toMatchObject({ organization: "acme" });
  });
});
