import { afterAll, describe, expect, test } from "bun:test";
import { dirname, join } from "node:path";
import { writeContexts } from "../store/fixture.ts";
import { home, run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { PYTHON } from "./peer.ts";

sweepCanaries();

const bentoml = join(dirname(PYTHON), "bentoml");

/** Variables that would choose another login than the one that is asked for. */
const MISLEADING = {
  BENTO_CLOUD_API_KEY: canary(),
  BENTO_CLOUD_API_ENDPOINT: "https://elsewhere.test",
  BENTOML_CLOUD_CONTEXT: "nobody",
};
const PYTHON_ENV = { BENTOML_DO_NOT_TRACK: "True", NO_COLOR: "1", COLUMNS: "200" };

const cloud = await startCloud({ prefix: "/team/a" });
const token = cloud.issueToken({ email: "ada@example.test" });
cloud.deploy(cloud.issueToken({ email: "ada@example.test" }), ["summarizer", "translator"]);
afterAll(async () => {
  cloud.verify();
  await cloud.stop();
});

const here = home();
writeContexts(here, [{ name: "unused" }, { name: "mine", endpoint: cloud.url, token }]);

function exec(words: string[], options: { reveals?: true } = {}) {
  return run(["exec", "--context", "mine", "--", ...words], {
    home: here,
    env: { ...PYTHON_ENV, ...MISLEADING },
    timeoutMs: 60_000,
    ...options,
  });
}

describe("exec makes Python bentoml use the chosen login", () => {
  test("for `bentoml cloud current-context`", async () => {
    const { code, stdout } = await exec([bentoml, "cloud", "current-context"], { reveals: true });
    expect(code).toBe(0);
    const { api_token, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ name: "__env__", endpoint: cloud.url, email: null });
    expect(api_token === token).toBe(true);
  });

  test("for `bentoml deployment list`", async () => {
    const { code, stdout } = await exec([bentoml, "deployment", "list"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/translator[^\n]*running[^\n]*\n[^\n]*summarizer[^\n]*running/);
  });

  test("for a script that uses its SDK", async () => {
    const script = "import bentoml\nfor one in bentoml.deployment.list(): print(one.name, one.cluster)";
    const { code, stdout } = await exec([PYTHON, "-c", script]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "translator default\nsummarizer default\n" });
  });
});
