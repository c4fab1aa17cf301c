import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { writeBelow, writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { startCloud, type LocalCloud } from "../support/cloud.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

let cloud: LocalCloud;
beforeAll(async () => {
  cloud = await startCloud();
});
afterAll(() => cloud.stop());

/** A home with two contexts, whose servers do not exist, and an empty project. */
function projectOf() {
  const here = home();
  writeContexts(here, [{ name: "mine" }, { name: "staging" }]);
  const project = join(here.path, "project");
  mkdirSync(project);
  return { here, project, path: join(project, ".bentorc") };
}

/** The words of a link that soon gives up asking a server for the organization. */
const link = (...words: string[]) => ["link", "--timeout", "0.1", ...words];

describe("link", () => {
  test("writes the context and its endpoint, readable by everybody", async () => {
    const { here, project, path } = projectOf();
    expect(await run(link("staging"), { home: here, cwd: project })).toMatchObject({
      code: 0,
      stdout: "",
      stderr:
        `✓ Linked ${path} to context "staging"\n` +
        "The server did not say its organization, so it is not pinned; link again to pin it\n",
    });
    expect(readFileSync(path, "utf8")).toBe("context=staging\nendpoint=https://staging.test\n");
    expect(lstatSync(path).mode & 0o777).toBe(0o644);
    expect((await run(["context", "current"], { home: here, cwd: project })).stdout).toBe("staging\n");
  });

  test("pins the organization that login remembered, and --json prints what was written", async () => {
    const here = home();
    const login = ["login", "--endpoint", cloud.url, "--with-token"];
    await run(login, { home: here, stdin: cloud.issueToken() });
    const project = join(here.path, "project");
    mkdirSync(project);
    const { code, stdout, stderr } = await run(["link", "--json"], { home: here, cwd: project });
    const path = join(project, ".bentorc");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      path,
      context: "default",
      endpoint: cloud.url,
      organization: "acme",
    });
    expect(readFileSync(path, "utf8")).toBe(`context=default\nendpoint=${cloud.url}\norganization=acme\n`);
    expect((await run(["token"], { home: here, cwd: project, reveals: "stdout" })).code).toBe(0);
  });

  test("asks the server for an unknown organization, and remembers it", async () => {
    const here = home();
    writeContexts(here, [{ name: "mine", endpoint: cloud.url, token: cloud.issueToken() }]);
    const project = join(here.path, "project");
    mkdirSync(project);
    expect((await run(["link"], { home: here, cwd: project })).code).toBe(0);
    expect(readFileSync(join(project, ".bentorc"), "utf8")).toContain("organization=acme\n");
    const asked = cloud.requests.length;
    expect((await run(["token"], { home: here, cwd: project, reveals: "stdout" })).code).toBe(0);
    expect(cloud.requests.length).toBe(asked);
  });

  test("without a name, takes the active context; --context is the active one", async () => {
    const { here, project, path } = projectOf();
    expect((await run(link("--context", "staging"), { home: here, cwd: project })).code).toBe(0);
    expect(readFileSync(path, "utf8")).toStartWith("context=staging\n");
  });

  test.each([
    [{ BENTOML_CLOUD_CONTEXT: "mine" }, 'BENTOML_CLOUD_CONTEXT still wins: the active context is "mine"'],
    [
      { BENTOML_CLOUD_CONTEXT: "gone" },
      'BENTOML_CLOUD_CONTEXT still wins: it names "gone", and there is no such context',
    ],
    [{ BENTO_CLOUD_API_KEY: canary() }, 'BENTO_CLOUD_API_KEY still wins: the active context is "__env__"'],
  ])("warns where something else still wins: %#", async (env, why) => {
    const { here, project } = projectOf();
    const { stderr } = await run(link("staging"), { home: here, cwd: project, env });
    expect(stderr).toEndWith(`warning: here, ${why}\n`);
  });

  test("replaces its own lines and keeps all others", async () => {
    const { here, project, path } = projectOf();
    writeBelow(project, ".bentorc", "# ours\ncontext=mine\n\ncolour=blue\norganization=old\n; end");
    expect((await run(link("staging"), { home: here, cwd: project })).code).toBe(0);
    expect(readFileSync(path, "utf8")).toBe(
      "# ours\n\ncolour=blue\n; end\ncontext=staging\nendpoint=https://staging.test\n",
    );
  });

  test.each(["true", "1.10", "two words", '"quoted"', "a=b", "#hash", "日本", "-dash", " blank"])(
    "a name comes back as it was written: %p",
    async (name) => {
      const { here, project } = projectOf();
      writeContexts(here, [{ name: "mine" }, { name, endpoint: "https://odd.test" }]);
      expect((await run(link("--", name), { home: here, cwd: project })).code).toBe(0);
      const { stdout } = await run(["context", "current", "--json"], { home: here, cwd: project });
      expect(JSON.parse(stdout)).toMatchObject({ name, source: { kind: "project" } });
    },
  );

  test("refuses the home directory, also through a link; unlink does not", async () => {
    const { here, project } = projectOf();
    const way = join(project, "home");
    symlinkSync(here.path, way);
    for (const env of [{}, { HOME: way, BENTOML_HOME: here.bentoml }]) {
      const { code, stderr } = await run(link("staging"), { home: here, env });
      expect({ code, stderr: stderr.split("\n")[0] }).toEqual({
        code: 2,
        stderr: "error: a .bentorc in the home directory would apply to every directory below it",
      });
    }
    const path = writeBelow(here.path, ".bentorc", "context=mine\n");
    expect((await run(["unlink"], { home: here })).code).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  test("refuses a context that does not exist, and writes nothing", async () => {
    const { here, project, path } = projectOf();
    expect(await run(["link", "nobody"], { home: here, cwd: project })).toMatchObject({
      code: 3,
      stdout: "",
    });
    expect(existsSync(path)).toBe(false);
  });

  test("refuses the environment's credential, which nobody else has", async () => {
    const { here, project, path } = projectOf();
    const env = { BENTO_CLOUD_API_KEY: canary() };
    const { code, stderr } = await run(["link"], { home: here, cwd: project, env });
    expect({ code, stderr: stderr.split("\n")[0] }).toEqual({
      code: 2,
      stderr: "error: the active credential comes from the environment; name a stored context",
    });
    expect(existsSync(path)).toBe(false);
    expect((await run(link("staging"), { home: here, cwd: project, env })).code).toBe(0);
  });

  test("keeps the mode of an existing file", async () => {
    const { here, project, path } = projectOf();
    chmodSync(writeBelow(project, ".bentorc", "# ours\n"), 0o600);
    for (const args of [link("staging"), ["unlink"]]) {
      expect((await run(args, { home: here, cwd: project })).code).toBe(0);
      expect(lstatSync(path).mode & 0o777).toBe(0o600);
    }
    expect(readFileSync(path, "utf8")).toBe("# ours\n");
  });

  test("removes the temporary file of a killed `link`, and no other", async () => {
    const { here, project } = projectOf();
    const gone = 2 ** 22 + 1;
    const others = [`.bentorc.${process.pid}-0123abcd.tmp`, `.bentorc.${gone}-mine.tmp`, ".bentorc.tmp"];
    for (const name of [...others, `.bentorc.${gone}-0123abcd.tmp`]) writeBelow(project, name, "");
    expect((await run(link("staging"), { home: here, cwd: project })).code).toBe(0);
    expect(readdirSync(project).toSorted()).toEqual([".bentorc", ...others].toSorted());
  });

  test.each([[link("staging")], [["unlink"]]])(
    "a symbolic link is neither followed nor replaced: %p",
    async (args) => {
      const { here, project, path } = projectOf();
      writeBelow(project, ".bentoml.ini", "context=mine\n");
      for (const target of [
        "../bentoml/.yatai.yaml",
        ".bentoml.ini",
        "../missing",
        "/dev/zero",
        ".bentorc",
      ]) {
        symlinkSync(target, path);
        const before = { tree: here.tree(), text: here.read() };
        expect(await run(args, { home: here, cwd: project })).toMatchObject({
          code: 6,
          stdout: "",
          stderr:
            `error: cannot change ${path}: it is a symbolic link\n` +
            "hint: replace it with a file, or edit the file it points to by hand\n",
        });
        expect({ tree: here.tree(), text: here.read() }).toEqual(before);
        unlinkSync(path);
      }
      expect(readFileSync(join(project, ".bentoml.ini"), "utf8")).toBe("context=mine\n");
    },
  );
});

describe("unlink", () => {
  test("removes its own lines and keeps all others", async () => {
    const { here, project, path } = projectOf();
    writeBelow(
      project,
      ".bentorc",
      "# ours\r\ncontext=staging\r\ncolour=blue\r\nendpoint=https://staging.test\r\n",
    );
    expect(await run(["unlink"], { home: here, cwd: project })).toMatchObject({
      code: 0,
      stdout: "",
      stderr: `✓ Unlinked ${path}\n`,
    });
    expect(readFileSync(path, "utf8")).toBe("# ours\r\ncolour=blue\r\n");
  });

  test("removes a file that has nothing else, and --json says so", async () => {
    const { here, project, path } = projectOf();
    await run(link("staging"), { home: here, cwd: project });
    const { stdout } = await run(["unlink", "--json"], { home: here, cwd: project });
    expect(JSON.parse(stdout)).toEqual({ path, removed: true });
    expect(readdirSync(project)).toEqual([]);
    expect(JSON.parse((await run(["unlink", "--json"], { home: here, cwd: project })).stdout)).toEqual({
      path,
      removed: false,
    });
  });

  test("leaves a parent's file alone", async () => {
    const { here, project } = projectOf();
    const parent = writeBelow(here.path, ".bentorc", "context=mine\n");
    const { code, stderr } = await run(["unlink"], { home: here, cwd: project });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: `Nothing to unlink in ${join(project, ".bentorc")}\n`,
    });
    expect(readFileSync(parent, "utf8")).toBe("context=mine\n");
  });
});

describe("something else in place of .bentorc", () => {
  const IN_PLACE: [what: string, put: (path: string) => void, reason: string][] = [
    ["a directory", (path) => mkdirSync(path), "it is not a regular file"],
    ["a FIFO", (path) => void Bun.spawnSync(["mkfifo", path]), "it is not a regular file"],
    [
      "text that is not UTF-8, whose lines could not be kept",
      (path) => writeBelow(join(path, ".."), ".bentorc", Buffer.from("# caf\xe9\n", "latin1")),
      "it is not UTF-8 text",
    ],
  ];

  test.each(IN_PLACE)(
    "%s: link and unlink refuse it and change nothing",
    async (_what, putInPlace, reason) => {
      const { here, project, path } = projectOf();
      putInPlace(path);
      const before = here.tree();
      for (const args of [link("staging"), ["unlink"]]) {
        expect(await run(args, { home: here, cwd: project, timeoutMs: 5000 })).toMatchObject({
          code: 6,
          stdout: "",
          stderr: `error: cannot read ${path}: ${reason}\n`,
        });
      }
      expect(here.tree()).toEqual(before);
    },
  );
});

test("link: refuses a .bentorc that holds a credential", async () => {
  const { here, project, path } = projectOf();
  writeFileSync(path, "token=abc\n");
  const { code, stderr } = await run(link("staging"), { home: here, cwd: project });
  expect(code).toBe(1);
  expect(stderr).toStartWith(`error: ${path}:1 holds a credential\n`);
  expect(readFileSync(path, "utf8")).toBe("token=abc\n");
});
