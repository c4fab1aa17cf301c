import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { homeOf, writeContexts } from "../store/fixture.ts";
import { home, run, type Home } from "../support/bin.ts";
import type { LocalCloud } from "../support/cloud.ts";
import { cloudsPerTest } from "../support/clouds.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { doctor } from "./doctor.ts";

sweepCanaries();
const startCloud = cloudsPerTest();

const fix = (here: Home) => doctor(["--offline", "--fix"], { home: here });

interface Entry {
  name: string;
  endpoint: string;
  /** An index into the tokens of the run, an empty token, a null, or no key at all. */
  token: number | "''" | "null" | undefined;
}

const entry: fc.Arbitrary<Entry> = fc.record({
  name: fc.constantFrom("a", "b", "c", "default"),
  // An entry with the last one is left out, because Python reads a number.
  endpoint: fc.constantFrom("https://x.test", "https://y.test", "1.10"),
  token: fc.oneof(
    { weight: 6, arbitrary: fc.nat(3) },
    { weight: 1, arbitrary: fc.constantFrom("''" as const, "null" as const, undefined) },
  ),
});
const currentName = fc.constantFrom("a", "b", "c", "default", "gone", "__env__", undefined);
const state = fc.record({ entries: fc.array(entry, { maxLength: 4 }), current: currentName });

function toText({ entries, current }: { entries: Entry[]; current: string | undefined }, tokens: string[]) {
  const items = entries.map(({ name, endpoint, token }) => {
    const value = typeof token === "number" ? tokens[token] : token;
    const first = value === undefined ? [] : [`api_token: ${value}`];
    return `- ${[...first, "email: null", `endpoint: ${endpoint}`, `name: ${name}`].join("\n  ")}\n`;
  });
  const list = items.length === 0 ? "contexts: []\n" : `contexts:\n${items.join("")}`;
  return list + (current === undefined ? "" : `current_context_name: ${current}\n`);
}

const loginsIn = (text: string) => text.replace(/^current_context_name:.*\n/m, "");
const currentIn = (text: string) => /^current_context_name: (.*)$/m.exec(text)?.[1];

describe("doctor --fix", () => {
  test("changes no login, nor which one is current, whatever another program left", async () => {
    const history = fc.record({
      first: state,
      command: fc.constantFrom("use a", "logout b", "context rename c d", "context list"),
      found: state,
      mode: fc.constantFrom(0o600, 0o644),
    });
    await fc.assert(
      fc.asyncProperty(history, async ({ first, command, found, mode }) => {
        const [here, tokens] = [home(), [canary(), canary(), canary(), canary()]];
        here.write(toText(first, tokens));
        await run(command.split(" "), { home: here });
        const before = toText(found, tokens);
        here.write(before, mode);
        await fix(here);
        const after = here.read();
        expect(loginsIn(after)).toBe(loginsIn(before));
        const names = found.entries.map(({ name }) => name);
        const isValid = found.current !== undefined && names.includes(found.current);
        // Both programs write this name into a new file.
        const isNew = names.length === 0 && found.current === "default";
        expect(currentIn(after)).toBe(isValid || isNew ? found.current : undefined);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  const signIn = async (cloud: LocalCloud, here: Home, name: string) => {
    const args = ["login", "--with-token", "--context", name, "--endpoint", cloud.url];
    expect((await run(args, { home: here, stdin: cloud.issueToken() })).code).toBe(0);
  };

  test("brings back no login that was removed, signed in to again, and signed out of", async () => {
    const [cloud, here] = [await startCloud(), home()];
    await signIn(cloud, here, "c");
    here.write("contexts: []\ncurrent_context_name: default\n");
    await run(["context", "list"], { home: here });
    await signIn(cloud, here, "c");
    expect((await run(["logout", "c"], { home: here })).code).toBe(0);
    expect((await fix(here)).of("lost")).toMatchObject({ fixed: false });
    expect((await run(["list-context"], { home: here })).stdout).toBe("[]\n");
  });

  test("keeps an endpoint that an editor changed", async () => {
    const [cloud, here] = [await startCloud(), home()];
    for (const name of ["a", "c"]) await signIn(cloud, here, name);
    await run(["use", "a"], { home: here });
    const at = here.read().lastIndexOf(cloud.url);
    here.write(here.read().slice(0, at) + here.read().slice(at).replace("127.0.0.1", "localhost"));
    const edited = here.read();
    const { stderr } = await run(["context", "list"], { home: here });
    expect({ stderr, lost: (await fix(here)).of("lost")?.status, text: here.read() }).toEqual({
      stderr: "",
      lost: "ok",
      text: edited,
    });
  });

  test.each(["__env__", "gone"])("takes out the current context %s, which names nothing", async (name) => {
    const here = home();
    writeContexts(here, [{ name: "a" }, { name: "b" }], name);
    const { code, of } = await doctor(["--offline"], { home: here });
    expect({ code, current: of("current") }).toMatchObject({
      code: 1,
      current: { status: "fail", hint: "bentocloud use NAME (`bentocloud context list` shows them)" },
    });
    const text = here.read();
    const fixed = await fix(here);
    expect({ code: fixed.code, current: fixed.of("current") }).toMatchObject({
      code: 0,
      current: { status: "warn", fixed: true },
    });
    expect(here.read()).toBe(loginsIn(text));
  });
});

describe("what --fix leaves to its user is reported with what mends it", () => {
  test("a login that another program put back to an older one", async () => {
    const here = homeOf("a", "b");
    const older = here.read();
    await run(["use", "b"], { home: here });
    writeContexts(here, [{ name: "a" }, { name: "b" }]);
    await run(["use", "b"], { home: here });
    here.write(older);
    const message = "another program put 2 contexts back to an older login: a, b";
    expect((await fix(here)).of("lost")).toMatchObject({ status: "warn", message });
  });

  test("the list of contexts under another key, which is not a loss", async () => {
    const here = homeOf("a", "b");
    await run(["use", "b"], { home: here });
    const text = here.read().replace("contexts:", "context:");
    here.write(text);
    const { of, stderr } = await fix(here);
    const message =
      'line 1: the file has no `contexts` list, but a list of logins under the key "context"; call it `contexts`';
    expect(of("values")).toMatchObject({ status: "warn", message });
    expect(of("current")).toMatchObject({ status: "fail", fixed: false });
    expect(of("lost")?.status).toBe("ok");
    const refused = await run(["login", "--with-token"], { home: here, stdin: canary() });
    expect(refused.code).toBe(6);
    const hint = `hint: correct ${here.file}:1: ${message.slice("line 1: ".length)}`;
    expect((await run(["status"], { home: here })).stderr).toBe(`${hint}\n`);
    expect({ text: here.read(), stderr }).toEqual({ text, stderr: "" });
  });

  test("a login that another program removed", async () => {
    const here = homeOf("a", "b");
    await run(["use", "a"], { home: here });
    writeContexts(here, [{ name: "b" }]);
    const { of, stderr } = await fix(here);
    const [, id = ""] = /`bentocloud restore (\w+)` brings it back/.exec(stderr) ?? [];
    expect(of("lost")).toMatchObject({
      status: "warn",
      message: "another program removed 1 context: a",
      hint: `bentocloud restore ${id}`,
      fixed: false,
    });
    expect((await run(["restore", id], { home: here })).code).toBe(0);
    expect((await fix(here)).of("lost")?.status).toBe("ok");
  });

  test("all logins, which is a failure", async () => {
    const here = homeOf("a", "b");
    await run(["use", "a"], { home: here });
    here.write("contexts: []\ncurrent_context_name: default\n");
    expect((await fix(here)).of("lost")?.status).toBe("fail");
  });

  test("contexts with one name", async () => {
    const here = homeOf("a", "a", "b");
    expect((await fix(here)).of("names")).toMatchObject({
      status: "warn",
      message: "only the first of several contexts with the same name is used: a (again on line 6)",
      hint: `rename or remove the later ones in ${here.file}`,
      fixed: false,
    });
  });

  test("a context without a token", async () => {
    const here = home();
    here.write("contexts:\n- endpoint: https://x.test\n  name: it's\ncurrent_context_name: it's\n");
    const { of } = await fix(here);
    expect(of("tokens")).toMatchObject({
      status: "fail",
      message: "1 context without an API token: it's",
      hint: "bentocloud login --context='it'\\''s', or bentocloud logout 'it'\\''s'",
      fixed: false,
    });
  });

  test("a stored context that has the name of the environment's credential", async () => {
    const here = homeOf("__env__");
    const hint = "bentocloud context rename __env__ NAME";
    expect((await fix(here)).of("current")).toMatchObject({ status: "warn", hint, fixed: false });
  });
});
