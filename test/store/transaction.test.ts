import { describe, expect, test } from "bun:test";
import { existsSync, lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inShell } from "../binary/faults/disk.ts";
import { asUser, give, needsUser } from "../binary/faults/user.ts";
import { home, run, type Home } from "../support/bin.ts";
import { programCommand } from "../support/program.ts";
import { cloudForAll } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { homeOf, leftovers, openStore, ownOf } from "./fixture.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });

const entry = (name: string, more = "") =>
  `- api_token: ${canary()}\n  email: me@example.test\n  endpoint: https://cloud.test\n  name: ${name}\n${more}`;

/** A file as a person left it: comments, unknown keys, an order of their own. */
const written = () =>
  `# my logins\nteam: core # unknown\ncontexts:\n# the first\n${entry("b")}${entry("a", "  colour: red # unknown\n")}` +
  `current_context_name: b # mine\n# the end\n`;

const using = (name: string) => ({ changes: [{ kind: "use" as const, name }] });

function signIn(here: Home, name: string, command = programCommand()) {
  const args = ["login", "--with-token", "--endpoint", cloud.url, "--context", name];
  return run(args, { home: here, stdin: cloud.issueToken(), command });
}

describe("a change touches only its own nodes", () => {
  test("rename and remove leave the others byte for byte", async () => {
    const here = home();
    const text = written();
    here.write(text);
    await run(["context", "rename", "a", "z"], { home: here });
    expect(here.read()).toBe(text.replace("  name: a\n", "  name: z\n"));
    await run(["context", "remove", "z"], { home: here });
    expect(here.read()).toStartWith(text.slice(0, text.lastIndexOf("- api_token")));
    expect(here.read()).not.toContain("name: z");
  });

  test.each([
    ["use", ["use", "b"]],
    ["rename", ["context", "rename", "a", "a"]],
  ])("%s to what stands already writes nothing", async (_name, args) => {
    const here = home();
    here.write(written(), 0o644);
    const { ino, mtimeMs, mode } = lstatSync(here.file);
    expect((await run(args, { home: here })).code).toBe(0);
    expect(lstatSync(here.file)).toMatchObject({ ino, mtimeMs, mode });
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
  test.each([0o644, 0o666])("a file of mode %o becomes 0600, and that is said", async (mode) => {
    const here = home();
    here.write(written(), mode);
    const { stderr } = await run(["use", "a"], { home: here });
    expect(here.tree()).toContain("bentoml/.yatai.yaml 0600");
    expect(stderr).toContain(`could be read by others (mode ${mode.toString(8)})`);
  });

  needsUser.test.each(["0", "077", "0400", "0777"])(
    "what is new is for the owner alone, with umask %s",
    async (umask) => {
      const here = home();
      give(here);
      const command = inShell(`umask ${umask}; exec "$@"`, ...asUser().slice(0, -programCommand().length));
      expect((await signIn(here, "new", command)).code).toBe(0);
      expect((await signIn(here, "new", command)).code).toBe(0);
      const modes = here.tree().map((line) => line.split(" "));
      expect(modes.length).toBeGreaterThan(4);
      for (const [name, mode] of modes)
        expect({ name, mode }).toEqual({ name, mode: name!.endsWith("/") ? "0700" : "0600" });
    },
  );
});

describe("a writer whose lock was taken away", () => {
  test("takes it again and starts over from what stands in the file then", async () => {
    const here = homeOf("a", "b", "c");
    const { store, alerts } = openStore(here);
    const seen: string[] = [];
    await store.update(({ current }) => {
      seen.push(current.name);
      // The plan runs first without the lock, and with it only if the file says something else by then.
      if (seen.length === 1) writeFileSync(here.file, `${here.read()}# another text\n`);
      if (seen.length === 2) {
        rmSync(join(ownOf(here), "lock"));
        writeFileSync(here.file, here.read().replace(/_name: .*/, '_name: "c"'));
      }
      return using("b");
    });
    expect(seen).toEqual(["a", "a", "c"]);
    expect(here.read()).toContain("current_context_name: b");
    expect({ alerts, left: leftovers(here) }).toEqual({ alerts: [], left: [] });
  });
});

test("a change leaves alone what a process writes that holds another lock", async () => {
  const here = homeOf("a", "b");
  const { store } = openStore(here);
  await store.update(() => using("b"));
  const running = join(ownOf(here), `stores.json.${process.pid}-0123abcd.tmp`);
  writeFileSync(running, "");
  await store.update(() => using("a"));
  expect(existsSync(running)).toBe(true);
});

describe("our own memory", () => {
  test("is read once, until an update", async () => {
    const here = homeOf("a", "b");
    const { store } = openStore(here);
    const put = (previous: string) => {
      mkdirSync(ownOf(here), { recursive: true });
      writeFileSync(join(ownOf(here), "state.json"), JSON.stringify({ previous, identities: {} }));
    };
    put("one");
    expect((await store.state()).previous).toBe("one");
    put("two");
    expect((await store.state()).previous).toBe("one");
    await store.update(() => using("b"));
    expect((await store.state()).previous).toBe("two");
    put("three");
    await store.updateState((state) => state, { create: false });
    expect((await store.state()).previous).toBe("three");
  });

  test("is not made by preparing a write, and neither is anything else", async () => {
    const here = home();
    await openStore(here).store.prepare();
    expect(here.tree()).toEqual([]);
  });
});
