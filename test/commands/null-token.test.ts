import { describe, expect, test } from "bun:test";
import { home, run } from "../support/bin.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";

sweepCanaries();

/** Python bentoml reads a null as the text "None", sends it as a token, and writes it so. */
const WRITTEN = ["null", "~", "", "None", "'None'"];
const ERROR = 'error: the context "a" has no API token\nhint: bentocloud login --context a\n';

function withToken(written: string) {
  const here = home();
  here.write(
    `contexts:\n- api_token: ${written}\n  email: null\n  endpoint: https://a.test\n  name: a\n` +
      `- api_token: ${canary()}\n  email: null\n  endpoint: https://b.test\n  name: b\ncurrent_context_name: a\n`,
  );
  return here;
}

describe.each(WRITTEN)("a token that is written as %p", (written) => {
  const here = withToken(written);

  test("is none for `token`, `status` and `context show`, and leaves the other contexts as they are", async () => {
    expect(await run(["token"], { home: here })).toMatchObject({ code: 4, stdout: "", stderr: ERROR });
    const one = await run(["status", "--json"], { home: here });
    expect(one.code).toBe(4);
    expect(JSON.parse(one.stdout)).toMatchObject({ name: "a", verdict: "not_logged_in", token_masked: null });
    const all = await run(["status", "--all", "--offline", "--json"], { home: here });
    expect(all.code).toBe(4);
    const { contexts } = JSON.parse(all.stdout);
    expect(contexts).toMatchObject([{ verdict: "not_logged_in" }, { verdict: "unchecked" }]);
    const { stdout } = await run(["context", "show", "a", "--json"], { home: here });
    expect(JSON.parse(stdout).token_masked).toBeNull();
  });

  test("is printed as None by current-context, as bentoml does", async () => {
    const { code, stdout } = await run(["current-context"], { home: here });
    expect(code).toBe(0);
    const entry = { name: "a", endpoint: "https://a.test", api_token: "None", email: null };
    expect(JSON.parse(stdout)).toEqual(entry);
  });
});

test("current-context exits 1 for an entry without api_token, for which bentoml refuses the whole file", async () => {
  const here = home();
  here.write("contexts:\n- {name: a, endpoint: https://a.test}\ncurrent_context_name: a\n");
  const stdout = "";
  expect(await run(["current-context"], { home: here })).toMatchObject({ code: 1, stdout, stderr: ERROR });
});
