import { describe, expect, test } from "bun:test";
import { home, run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

/** Python bentoml reads a null as the text "None", sends it as a token, and writes it so. */
const WRITTEN = ["null", "~", "", "None", "'None'"];

function withToken(written: string) {
  const here = home();
  here.write(
    `contexts:\n- api_token: ${written}\n  email: null\n  endpoint: https://a.test\n  name: a\n` +
      `- api_token: ${canary()}\n  email: null\n  endpoint: https://b.test\n  name: b\ncurrent_context_name: a\n`,
  );
  return here;
}

describe.each(WRITTEN)("a token that is written as %p", (written) => {
  test("token: says that there is no token, and how to sign in", async () => {
    expect(await run(["token"], { home: withToken(written) })).toMatchObject({
      code: 4,
      stdout: "",
      stderr: 'error: the context "a" has no API token\nhint: bentocloud login --context a\n',
    });
  });

  test("status: not logged in, without asking the server", async () => {
    const { code, stdout } = await run(["status", "--json"], { home: withToken(written) });
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ name: "a", verdict: "not_logged_in", token_masked: null });
  });

  test("status --all: reports on the other contexts as usual", async () => {
    const { code, stdout } = await run(["status", "--all", "--offline", "--json"], {
      home: withToken(written),
    });
    expect(code).toBe(4);
    expect(JSON.parse(stdout).contexts.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      "not_logged_in",
      "unchecked",
    ]);
  });

  test("context show: shows no token", async () => {
    const { stdout } = await run(["context", "show", "a", "--json"], { home: withToken(written) });
    expect(JSON.parse(stdout).token_masked).toBeNull();
  });

  test("current-context: prints None as bentoml does", async () => {
    const { code, stdout } = await run(["current-context"], { home: withToken(written) });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      name: "a",
      endpoint: "https://a.test",
      api_token: "None",
      email: null,
    });
  });
});

test("current-context exits 1 for an entry without api_token, for which bentoml refuses the whole file", async () => {
  const here = home();
  here.write("contexts:\n- {name: a, endpoint: https://a.test}\ncurrent_context_name: a\n");
  expect(await run(["current-context"], { home: here })).toMatchObject({
    code: 1,
    stdout: "",
    stderr: 'error: the context "a" has no API token\nhint: bentocloud login --context a\n',
  });
});
