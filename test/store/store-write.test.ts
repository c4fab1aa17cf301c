import { afterAll, describe, expect, test } from "bun:test";
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { home, run } from "../support/bin.ts";
import type { Home } from "../support/home.ts";
import { programCommand } from "../support/program.ts";
import { startCloud } from "../support/cloud.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

const cloud = await startCloud();
afterAll(() => cloud.stop());

const entry = (name: string, more = "") =>
  `- api_token: ${canary()}\n  email: me@example.test\n  endpoint: https://cloud.test\n  name: ${name}\n${more}`;

/** A file as a person left it: comments, unknown keys, an order of their own. */
const written = () =>
  `# my logins\nteam: core # unknown\ncontexts:\n# the first\n${entry("b")}${entry("a", "  colour: red # unknown\n")}` +
  `current_context_name: b # mine\n# the end\n`;

const withoutTokens = (text: string) => text.replaceAll(/api_token: .*/g, "api_token: …");

function signIn(here: Home, name: string) {
  const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", name];
  return run(args, { home: here, stdin: cloud.issueToken() });
}

describe("a change touches only its own nodes", () => {
  test("use changes one value", async () => {
    const here = home();
    const text = written();
    here.write(text);
    expect(await run(["use", "a"], { home: here })).toMatchObject({ code: 0, stdout: "" });
    expect(here.read()).toBe(text.replace("current_context_name: b", "current_context_name: a"));
  });

  test("login keeps comments, unknown keys and the order of contexts", async () => {
    const here = home();
    const text = written();
    here.write(text);
    expect((await signIn(here, "new")).code).toBe(0);
    const after = here.read();
    for (const line of text.split("\n").filter((one) => !one.startsWith("current_")))
      expect(after).toContain(line);
    expect([...after.matchAll(/name: (\w+)/g)].map(([, name]) => name)).toEqual(["b", "a", "new", "new"]);
  });

  test("rename and remove leave the others byte for byte", async () => {
    const here = home();
    const text = written();
    here.write(text);
    await run(["context", "rename", "a", "z"], { home: here });
    expect(here.read()).toBe(text.replace("  name: a\n", "  name: z\n"));
    await run(["context", "remove", "z"], { home: here });
    expect(withoutTokens(here.read())).toContain("# the first\n- api_token: …\n");
    expect(here.read()).toContain("team: core # unknown\n");
    expect(here.read()).not.toContain("name: z");
  });

  test.each([
    ["use", ["use", "b"]],
    ["rename", ["context", "rename", "a", "a"]],
  ])("%s to what stands already writes nothing", async (_name, args) => {
    const here = home();
    here.write(written(), 0o644);
    const before = lstatSync(here.file);
    expect((await run(args, { home: here })).code).toBe(0);
    expect(lstatSync(here.file)).toMatchObject({
      ino: before.ino,
      mtimeMs: before.mtimeMs,
      mode: before.mode,
    });
  });

  test.each([
    ["use", ["use", "nobody"]],
    ["rename", ["context", "rename", "nobody", "x"]],
    ["remove", ["context", "remove", "nobody"]],
  ])("%s that fails leaves no trace, no directory of ours either", async (_name, args) => {
    const here = home();
    const text = written();
    here.write(text, 0o640);
    const before = here.tree();
    expect((await run(args, { home: here })).code).toBe(3);
    expect({ text: here.read(), tree: here.tree() }).toEqual({ text, tree: before });
  });
});

describe("modes", () => {
  test.each([0o644, 0o640, 0o666, 0o755])(
    "a file of mode %o becomes 0600, and that is said",
    async (mode) => {
      const here = home();
      here.write(written(), mode);
      const { stderr } = await run(["use", "a"], { home: here });
      expect(here.tree()).toContain("bentoml/.yatai.yaml 0600");
      expect(stderr).toContain(`could be read by others (mode ${mode.toString(8)})`);
    },
  );

  test("a new file is 0600 whatever the umask", async () => {
    const here = home();
    const command = ["sh", "-c", 'umask 0; exec "$0" "$@"', ...programCommand()];
    const args = ["login", "--with-token", "--endpoint", cloud.url];
    expect((await run(args, { home: here, command, stdin: cloud.issueToken() })).code).toBe(0);
    expect(here.tree().filter((line) => / 06\d\d$/.test(line))).toEqual([
      "bentoml/.bentocloud/known.yaml 0600",
      "bentoml/.bentocloud/state.json 0600",
      "bentoml/.yatai.yaml 0600",
    ]);
    expect(here.tree()).toContain("bentoml/.bentocloud/ 0700");
  });
});

describe("symbolic links", () => {
  test("to the file are followed and kept, and no temporary file is left beside either", async () => {
    const here = home();
    const dotfiles = join(here.path, "dotfiles");
    mkdirSync(dotfiles);
    here.write(written());
    renameSync(here.file, join(dotfiles, "yatai"));
    symlinkSync("../dotfiles/yatai", here.file);
    expect((await run(["use", "a"], { home: here })).code).toBe(0);
    expect(here.tree()).toContain("bentoml/.yatai.yaml -> ../dotfiles/yatai");
    expect(readdirSync(dotfiles)).toEqual(["yatai"]);
    expect(here.read()).toContain("current_context_name: a # mine");
  });

  test("in a chain are followed to the end", async () => {
    const here = home();
    here.write(written());
    renameSync(here.file, join(here.bentoml, "real"));
    symlinkSync("real", join(here.bentoml, "middle"));
    symlinkSync("middle", here.file);
    expect((await run(["use", "a"], { home: here })).code).toBe(0);
    expect(here.tree()).toContain("bentoml/.yatai.yaml -> middle");
    expect(here.tree()).toContain("bentoml/middle -> real");
    expect(here.tree()).toContain("bentoml/real 0600");
  });

  test("to the directory are followed and kept", async () => {
    const here = home();
    mkdirSync(join(here.path, "elsewhere"));
    symlinkSync("elsewhere", here.bentoml);
    expect((await signIn(here, "one")).code).toBe(0);
    expect(here.tree()).toContain("bentoml -> elsewhere");
    expect(here.tree()).toContain("elsewhere/.yatai.yaml 0600");
  });

  test("that dangle get their target", async () => {
    const here = home();
    mkdirSync(here.bentoml);
    symlinkSync("../later", here.file);
    expect((await run(["token"], { home: here })).code).toBe(4);
    expect((await signIn(here, "one")).code).toBe(0);
    expect(here.tree()).toContain("bentoml/.yatai.yaml -> ../later");
    expect(here.tree()).toContain("later 0600");
    expect(here.read()).toContain("name: one");
  });

  test("in a ring are an error, for reading and for writing", async () => {
    const here = home();
    mkdirSync(here.bentoml);
    symlinkSync(".yatai.yaml", here.file);
    for (const { code, stderr } of [await run(["token"], { home: here }), await signIn(here, "one")]) {
      expect(code).toBe(6);
      expect(stderr).toContain("too many symbolic links");
    }
  });
});

describe("backups", () => {
  const backups = (here: Home) => {
    const directory = join(here.bentoml, ".bentocloud/backups");
    return readdirSync(directory)
      .toSorted()
      .map((name) => readFileSync(join(directory, name), "utf8"));
  };

  test("hold the versions before, oldest first, whole", async () => {
    const here = home();
    const text = written();
    here.write(text);
    await run(["use", "a"], { home: here });
    await run(["use", "b"], { home: here });
    expect(backups(here)).toEqual([text, text.replace("current_context_name: b", "current_context_name: a")]);
  });

  test("are a ring of 10, mode 0600, and their names hold no secret", async () => {
    const here = home();
    here.write(written(), 0o644);
    for (let round = 0; round < 13; round += 1) await run(["use", round % 2 ? "b" : "a"], { home: here });
    expect(backups(here)).toHaveLength(10);
    const names = here.tree().filter((line) => line.includes("/backups/2"));
    for (const name of names) expect(name).toMatch(/\/\d{4}-\d\d-\d\dT[\d.-]+Z-[0-9a-f]{4}\.yaml 0600$/);
    expect(backups(here).at(-1)).toContain("current_context_name: b # mine");
  });

  test("none is made of nothing", async () => {
    const here = home();
    await signIn(here, "one");
    expect(here.tree().filter((line) => line.includes("backups"))).toEqual([]);
  });
});
