import { describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { home, run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();

/** One context as Python bentoml writes it. */
function entry(name: string): string {
  const endpoint = `https://${name}.test`;
  return `- api_token: ${canary()}\n  email: me@example.test\n  endpoint: ${endpoint}\n  name: ${name}\n`;
}

/** A home with contexts, and a function that gives the file's text for some of them. */
function homeWith(...names: string[]) {
  const place = home();
  const entries = Object.fromEntries(names.map((name) => [name, entry(name)]));
  const write = (kept: string[], current = names[0]) =>
    `contexts:\n${kept.map((name) => entries[name]).join("")}current_context_name: ${current}\n`;
  place.write(write(names));
  return { place, write };
}

const STILL = (name: string) =>
  `hint: its API token still works; \`bentocloud logout ${name} --revoke --purge\` deletes it on the server and in backups\n`;
const ALL_STILL =
  "hint: their API tokens still work; `bentocloud logout NAME --revoke --purge` deletes them on the server and in backups\n";

describe("logout", () => {
  test("removes the named context, and says which one is still active", async () => {
    const { place, write } = homeWith("prod", "staging");
    const { code, stdout, stderr } = await run(["logout", "staging"], { home: place });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toBe(
      '✓ Removed context "staging"\n' +
        `Still signed in here as context "prod", from current context (${place.file}:6)\n` +
        STILL("staging"),
    );
    expect(place.read()).toBe(write(["prod"]));
  });

  test("without a name removes the current context; no other becomes active", async () => {
    const { place, write } = homeWith("prod", "staging");
    const { code, stderr } = await run(["logout"], { home: place });
    expect(code).toBe(0);
    expect(stderr).toBe(
      '✓ Removed context "prod"\n' +
        "No context is active here; `bentocloud use staging` makes another one current\n" +
        STILL("prod"),
    );
    expect(place.read()).toBe(write(["staging"]));
    expect((await run(["token"], { home: place })).code).toBe(4);
  });

  test("without a name removes the last context", async () => {
    const { place } = homeWith("prod");
    const { code, stderr } = await run(["logout"], { home: place });
    expect(code).toBe(0);
    expect(stderr).toContain("No context is left\n");
    expect(place.read()).toBe("contexts: []\ncurrent_context_name: prod\n");
    expect((await run(["context", "list", "--json"], { home: place })).stdout).toBe(
      '{\n  "contexts": []\n}\n',
    );
  });

  test.each([
    ["--context", ["--context", "staging"], {}],
    ["BENTOML_CLOUD_CONTEXT", [], { BENTOML_CLOUD_CONTEXT: "staging" }],
  ])("without a name removes the one that %s chooses", async (_, flags, env) => {
    const { place, write } = homeWith("prod", "staging");
    const { code } = await run(["logout", ...flags], { home: place, env: env as Record<string, string> });
    expect(code).toBe(0);
    expect(place.read()).toBe(write(["prod"]));
  });

  test("without a name removes the project's", async () => {
    const { place, write } = homeWith("prod", "staging");
    writeFileSync(join(place.path, ".bentorc"), "context=staging\n");
    const { code, stderr } = await run(["logout"], { home: place });
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('"staging"') });
    expect(place.read()).toBe(write(["prod"]));
  });

  test("--all removes every context", async () => {
    const { place } = homeWith("prod", "staging", "dev");
    const asked = await run(["logout", "--all"], { home: place });
    expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining("this removes 3 contexts") });
    expect(await run(["logout", "--all", "--yes=prod"], { home: place })).toMatchObject({ code: 2 });
    const { code, stderr } = await run(["logout", "--all", "--yes"], { home: place });
    expect(code).toBe(0);
    expect(stderr).toBe(
      '✓ Removed context "prod"\n✓ Removed context "staging"\n✓ Removed context "dev"\n' +
        "No context is left\n" +
        ALL_STILL,
    );
    expect(place.read()).toBe("contexts: []\ncurrent_context_name: prod\n");
  });

  test.each([
    ["--all", "Remove 2 contexts (prod, staging)?"],
    ["--all --revoke", "Remove 2 contexts (prod, staging), and delete their API tokens on the server?"],
  ])("%s says on a terminal what it is about, and a no keeps everything", async (options, question) => {
    const { place, write } = homeWith("prod", "staging");
    const terminal = openTerminal(["logout", ...options.split(" ")], { home: place });
    await terminal.waitFor(question);
    terminal.press("enter");
    expect(await terminal.exit).toMatchObject({ code: 1 });
    expect(terminal.screen).toContain("error: kept every context");
    expect(place.read()).toBe(write(["prod", "staging"]));
  });

  test("--all with nothing to remove succeeds and leaves nothing behind", async () => {
    const place = home();
    const { code, stderr } = await run(["logout", "--all"], { home: place });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "No context is left\n" });
    expect(place.tree()).toEqual([]);
  });

  test("says that the environment's token is still active", async () => {
    const { place } = homeWith("prod");
    const env = { BENTO_CLOUD_API_KEY: canary() };
    const { code, stderr } = await run(["logout"], { home: place, env });
    expect(code).toBe(0);
    expect(stderr).toContain('✓ Removed context "prod"\n');
    expect(stderr).toContain(
      "BENTO_CLOUD_API_KEY still signs in here, to https://cloud.bentoml.com; unset it to end that\n",
    );
  });

  test.each([
    ["BENTOML_CLOUD_CONTEXT", { BENTOML_CLOUD_CONTEXT: "staging" }, ""],
    [".bentorc", {}, "context=staging\n"],
  ])("says that %s asks for the context that is gone", async (source, env, project) => {
    const { place } = homeWith("prod", "staging");
    if (project) writeFileSync(join(place.path, ".bentorc"), project);
    const options = { home: place, env: env as Record<string, string> };
    const { stderr } = await run(["logout", "staging"], options);
    expect(stderr).toMatch(
      new RegExp(`^No context is active here: \\S*${source}\\S* asks for "staging"$`, "m"),
    );
  });

  test.each([
    ["an invalid BENTO_CLOUD_API_KEY", { BENTO_CLOUD_API_KEY: "two words" }, ""],
    ["a credential in .bentorc", {}, "api_token=x\n"],
  ])("%s does not make a removal look like a failure", async (_, env, project) => {
    const { place, write } = homeWith("prod", "staging");
    if (project) writeFileSync(join(place.path, ".bentorc"), project);
    const { code, stderr } = await run(["logout", "staging"], {
      home: place,
      env: env as Record<string, string>,
    });
    expect(code).toBe(0);
    expect(stderr).toContain('✓ Removed context "staging"\n');
    expect(stderr).toContain("warning: nothing can be active here: ");
    expect(place.read()).toBe(write(["prod"]));
  });

  test("with --json: prints what was removed, what remains, and what is active", async () => {
    const { place } = homeWith("prod", "staging");
    const first = await run(["logout", "staging", "--json"], { home: place });
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(first.stdout)).toEqual({ removed: ["staging"], remaining: ["prod"], active: "prod" });
    const second = await run(["logout", "--json"], { home: place });
    expect(JSON.parse(second.stdout)).toEqual({ removed: ["prod"], remaining: [], active: null });
  });

  test("keeps a version that `restore` brings back", async () => {
    const { place } = homeWith("prod");
    const before = place.read();
    await run(["logout"], { home: place });
    const { versions } = JSON.parse((await run(["restore", "--json"], { home: place })).stdout);
    expect((await run(["restore", versions[0].id], { home: place })).code).toBe(0);
    expect(place.read()).toBe(before);
  });

  test("narrows a file that others could read, and says so", async () => {
    const { place } = homeWith("prod", "staging");
    place.write(place.read(), 0o644);
    const { stderr } = await run(["logout", "staging"], { home: place });
    expect(stderr).toContain(`${place.file} could be read by others (mode 644)`);
    expect(place.tree()).toContain("bentoml/.yatai.yaml 0600");
  });

  test("removes both when Python left two contexts of one name", async () => {
    const { place } = homeWith("prod");
    place.write(`contexts:\n${entry("twin")}${entry("twin")}current_context_name: twin\n`);
    expect((await run(["logout", "twin"], { home: place })).code).toBe(0);
    expect(place.read()).toBe("contexts: []\ncurrent_context_name: twin\n");
  });

  test.each([[["nowhere"]], [["--", "--all"]], [["--context", "nowhere"]]])(
    "refuses a context that does not exist: %j",
    async (words) => {
      const { place, write } = homeWith("prod");
      const before = place.tree();
      const { code, stdout, stderr } = await run(["logout", ...words], { home: place });
      expect({ code, stdout }).toEqual({ code: 3, stdout: "" });
      expect(stderr).toStartWith(`error: there is no context "${words.at(-1)}"\n`);
      expect(place.read()).toBe(write(["prod"]));
      expect(place.tree()).toEqual(before);
    },
  );

  test.each([
    ["an empty home", ""],
    ["a current name without a context", "contexts: []\ncurrent_context_name: gone\n"],
  ])("without a name and with %s: not logged in", async (_, text) => {
    const place = home();
    if (text) place.write(text);
    const before = place.tree();
    const { code, stderr } = await run(["logout", "--json"], { home: place });
    expect(code).toBe(4);
    const message = "not logged in: there is no context to remove";
    expect(JSON.parse(stderr).error).toMatchObject({ code: "NOT_LOGGED_IN", message, exit_code: 4 });
    expect(place.tree()).toEqual(before);
  });

  test.each([
    ["prod --all", "--all takes no name"],
    ["--all --context prod", "--all takes no name"],
    ["prod staging", "`bentocloud logout` takes at most 1 argument"],
  ])("refuses `%s`", async (line, reason) => {
    const { place, write } = homeWith("prod", "staging");
    const { code, stderr } = await run(["logout", ...line.split(" ")], { home: place });
    expect(code).toBe(2);
    expect(stderr).toStartWith(`error: ${reason}\n`);
    expect(place.read()).toBe(write(["prod", "staging"]));
  });

  test("changes nothing in a broken file", async () => {
    const place = home();
    place.write("contexts: [\n");
    const { code } = await run(["logout", "--all"], { home: place });
    expect(code).toBe(6);
    expect(place.read()).toBe("contexts: [\n");
  });
});

describe("logout of the current context on a terminal", () => {
  const QUESTION = "Switch to which context?";

  test.each(["enter", "ctrl-c", "escape"] as const)(
    "offers what is left, and %s switches to none",
    async (key) => {
      const { place, write } = homeWith("prod", "staging", "dev");
      const terminal = openTerminal(["logout"], { home: place });
      await terminal.waitFor(QUESTION);
      terminal.press(key);
      expect(await terminal.exit).toMatchObject({ code: 0 });
      expect(place.read()).toBe(write(["staging", "dev"]));
      expect(terminal.screen).toMatch(/Switch to which context\?[^]*No context is active here/);
    },
  );

  test("switches to the one that is chosen", async () => {
    const { place, write } = homeWith("prod", "staging", "dev");
    const terminal = openTerminal(["logout"], { home: place });
    await terminal.waitFor(QUESTION);
    terminal.press("down");
    terminal.press("down");
    terminal.press("enter");
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.screen).toContain('Switched to context "dev"');
    expect(terminal.screen).not.toContain("No context is active");
    expect(place.read()).toBe(write(["staging", "dev"], "dev"));
  });

  test.each([
    ["another context is current", ["logout", "staging"], {}],
    ["the last context goes", ["logout", "--all", "--yes"], {}],
    ["a variable chose the context", ["logout"], { BENTOML_CLOUD_CONTEXT: "prod" }],
    ["nobody may be asked", ["logout", "--no-input"], {}],
  ])("asks nothing when %s", async (_, args, env) => {
    const { place } = homeWith("prod", "staging");
    const terminal = openTerminal(args, { home: place, env: env as Record<string, string> });
    expect(await terminal.exit).toMatchObject({ code: 0 });
    expect(terminal.screen).not.toContain(QUESTION);
  });
});
