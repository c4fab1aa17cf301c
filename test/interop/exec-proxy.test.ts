import { afterAll, describe, expect, test } from "bun:test";
import { dirname, join } from "node:path";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { run } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { PYTHON } from "./peer.ts";

sweepCanaries();

const bentoml = join(dirname(PYTHON), "bentoml");
const PYTHON_ENV = { BENTOML_DO_NOT_TRACK: "True", NO_COLOR: "1", COLUMNS: "200" };

const cloud = await startCloud({ prefix: "/team/a" });
const token = cloud.issueToken({ email: "ada@example.test" });
cloud.deploy(token, ["summarizer"]);
afterAll(async () => {
  cloud.verify();
  await cloud.stop();
});

/** The API token is in the environment only, so that no file of the home may have it. */
function proxied(words: string[], endpoint = cloud.url, key = token) {
  const env = { ...PYTHON_ENV, BENTO_CLOUD_API_KEY: key, BENTO_CLOUD_API_ENDPOINT: endpoint };
  return run(["exec", "--proxy", "--", ...words], { home: homeOf(), env, timeoutMs: 60_000 });
}

describe("exec --proxy lets Python bentoml use the login without the API token", () => {
  test("for `bentoml deployment list`", async () => {
    const { code, stdout, stderr } = await proxied([bentoml, "deployment", "list"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/summarizer[^\n]*running/);
  });

  test("to look at, terminate and delete a deployment", async () => {
    cloud.deploy(token, ["translator"]);
    const got = await proxied([bentoml, "deployment", "get", "translator", "-o", "json"]);
    expect(got).toMatchObject({ code: 0, stdout: expect.stringContaining('"translator"') });
    expect(await proxied([bentoml, "deployment", "terminate", "translator"])).toMatchObject({ code: 0 });
    expect(await proxied([bentoml, "deployment", "delete", "translator"])).toMatchObject({ code: 0 });
    const left = await proxied([bentoml, "deployment", "list"]);
    expect(left.stdout).not.toContain("translator");
  });

  test("but not for the list of API tokens", async () => {
    const { code, stderr } = await proxied([bentoml, "api-token", "list"]);
    expect(code).toBe(1);
    expect(stderr).toContain("API tokens can be neither seen nor changed through it");
  });
});

/** The logs of one container, as BentoCloud streams them. */
function serveLogs() {
  const key = canary();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request, server) {
      if (request.headers.get("x-yatai-api-token") !== key) return new Response("no", { status: 401 });
      if (server.upgrade(request)) return undefined;
      return new Response("no", { status: 404 });
    },
    websocket: {
      message(socket, data) {
        const { type } = JSON.parse(String(data));
        if (type !== "data") return;
        const items = ["one", `two ${key}`];
        socket.send(JSON.stringify({ type: "data", message: "", payload: { items, type: "append" } }));
        socket.send(JSON.stringify({ type: "success", message: "EOF", payload: null }));
      },
    },
  });
  return {
    key,
    url: `http://127.0.0.1:${server.port}`,
    stop: () => server.stop(true),
  };
}

const TAIL = `
import os, threading
from bentoml._internal.cloud.client import RestApiClient
client = RestApiClient(os.environ["BENTO_CLOUD_API_ENDPOINT"], os.environ["BENTO_CLOUD_API_KEY"])
stop = threading.Event()
for line in client.v2.tail_logs(cluster_name="c", namespace="n", pod_name="p", stop_event=stop):
    print(line.strip(), flush=True)
stop.set()
`;

test("exec --proxy passes the stream of a deployment's logs, without the API token in it", async () => {
  const logs = serveLogs();
  const here = homeOf();
  const script = writeBelow(here.path, "tail.py", TAIL);
  const { stdout } = await proxied([PYTHON, script], logs.url, logs.key);
  await logs.stop();
  expect(stdout).toBe(`one\ntwo ${"*".repeat(logs.key.length)}\n`);
});
