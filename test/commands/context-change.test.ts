import { describe, expect, test } from "bun:test";
import { homeOf } from "../store/fixture.ts";
import { run, type Home } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

async function listOf(here: Home): Promise<{ name: string; current: boolean }[]> {
  return JSON.parse((await run(["context", "list", "--json"], { home: here })).stdout).contexts;
}

describe("context rename", () => {
  test("changes the name, and the current name with it, and keeps the token", async () => {
    const token = canary();
    const here = homeOf({ name: "alpha", token }, { name: "beta" });
    expect(await run(["context", "rename", "alpha", "prod"], { home: here })).toMatchObject({
      code: 0,
      stdout: "",
      stderr: '✓ Renamed context "alpha" to "prod"\n',
    });
    const names = (await listOf(here)).map(({ name, current }) => `${name} ${current}`);
    expect(names).toEqual(["prod true", "beta false"]);
    expect((await run(["token"], { home: here, reveals: "stdout" })).stdout).toBe(`${token}\n`);
  });

  test("--json names both", async () => {
    const here = homeOf({ name: "alpha" });
    const { code, stdout, stderr } = await run(["context", "rename", "alpha", "p", "--json"], {
      home: here,
    });
    expect({ code, stderr, answer: JSON.parse(stdout) }).toEqual({
      code: 0,
      stderr: "",
      answer: { name: "p", previous: "alpha" },
    });
  });

  test("`use -` follows the new name", async () => {
    const here = homeOf({ name: "alpha" }, { name: "beta" });
    await run(["use", "beta"], { home: here });
    await run(["context", "rename", "alpha", "first"], { home: here });
    expect((await run(["use", "-"], { home: here })).stderr).toStartWith('✓ Switched to context "first" (');
  });

  test("refuses the name of another context", async () => {
    const here = homeOf({ name: "alpha" }, { name: "beta" });
    const before = here.read();
    expect(await run(["context", "rename", "alpha", "beta"], { home: here })).toMatchObject({
      code: 1,
      stdout: "",
      stderr: 'error: there is a context "beta" already\n',
    });
    expect(here.read()).toBe(before);
  });

  test("refuses a context that does not exist", async () => {
    const here = homeOf({ name: "alpha" });
    const result = await run(["context", "rename", "nobody", "prod"], { home: here });
    expect(result).toMatchObject({ code: 3, stdout: "" });
  });

  test.each([
    ["empty", "", "it is empty"],
    ["a dash", "-", "`-` stands for the previous context"],
    ["the environment's", "__env__", "__env__ stands for the environment's credential"],
  ])("refuses a name we would not create: %s", async (_what, name, reason) => {
    const here = homeOf({ name: "alpha" });
    const before = here.read();
    const result = await run(["context", "rename", "--", "alpha", name], { home: here });
    const stderr = `error: this cannot name a context: ${reason}\n`;
    expect(result).toMatchObject({ code: 2, stdout: "", stderr });
    expect(here.read()).toBe(before);
  });

  test.each(["true", "1.10", "日本語", "🍱".repeat(128), "a: b"])(
    "takes any other name, and reads it back as it was: %s",
    async (name) => {
      const here = homeOf({ name: "alpha" });
      expect((await run(["context", "rename", "alpha", name], { home: here })).code).toBe(0);
      expect(await listOf(here)).toMatchObject([{ name, current: true }]);
      expect(here.read()).toMatch(/^[\u0000-\u007f]*$/);
    },
  );
});

describe("context remove", () => {
  test("takes one context out and says what is still signed in", async () => {
    const here = homeOf({ name: "alpha" }, { name: "beta", endpoint: "https://beta.test" });
    const { code, stdout, stderr } = await run(["context", "remove", "beta"], { home: here });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toBe(
      '✓ Removed context "beta"\n' +
        `Still signed in here as context "alpha", from current context (${here.file}:6)\n` +
        "hint: its API token still works; `bentocloud logout beta --revoke --purge` deletes it on the server and in backups\n",
    );
    expect(await listOf(here)).toMatchObject([{ name: "alpha", current: true }]);
  });

  test("`use -` does not lead to a removed one", async () => {
    const here = homeOf({ name: "alpha" }, { name: "beta" });
    await run(["use", "beta"], { home: here });
    await run(["context", "remove", "alpha"], { home: here });
    expect(await run(["use", "-"], { home: here })).toMatchObject({ code: 3 });
  });
});
