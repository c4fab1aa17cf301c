import { afterAll, describe, expect, test } from "bun:test";
import { dirname, join } from "node:path";
import { homeOf } from "../store/fixture.ts";
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
function proxied(words: string[], { url = cloud.url, key = token, here = homeOf() } = {}) {
  const env = { ...PYTHON_ENV, BENTO_CLOUD_API_KEY: key, BENTO_CLOUD_API_ENDPOINT: url };
  return run(["exec", "--proxy", "--", ...words], { home: here, env, timeoutMs: 100_000 });
}

describe("exec --proxy lets Python bentoml use the login without the API token", () => {
  test("for `bentoml deployment list`", async () => {
    const { code, stdout, stderr } = await proxied([bentoml, "deployment", "list"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/summarizer[^\n]*running/);
  });

  test("to create, look at, terminate and delete a deployment", async () => {
    const create = ["deployment", "create", "summarizer:1.0", "--name", "made", "--no-wait"];
    expect(await proxied([bentoml, ...create])).toMatchObject({ code: 0 });
    const got = await proxied([bentoml, "deployment", "get", "made", "-o", "json"]);
    expect(got).toMatchObject({ code: 0, stdout: expect.stringContaining('"made"') });
    expect(await proxied([bentoml, "deployment", "terminate", "made"])).toMatchObject({ code: 0 });
    expect(await proxied([bentoml, "deployment", "delete", "made"])).toMatchObject({ code: 0 });
    expect((await proxied([bentoml, "deployment", "list"])).stdout).not.toContain("made");
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
  const { stdout } = await proxied([PYTHON, "-c", TAIL], logs);
  await logs.stop();
  expect(stdout).toBe(`one\ntwo ${"*".repeat(logs.key.length)}\n`);
});

const UPLOAD_MIB = 512;
const DOWNLOAD_MIB = 192;

/** Stores uploads nowhere, and serves a Bento of nothing but zeros. */
function serveBentos() {
  const key = canary();
  const chunk = new Uint8Array(1024 * 1024);
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    async fetch(request) {
      if (request.headers.get("x-yatai-api-token") !== key) return new Response("no", { status: 401 });
      let sent = 0;
      const pull = (controller: ReadableStreamDefaultController) =>
        (sent += 1) > DOWNLOAD_MIB ? controller.close() : controller.enqueue(chunk.slice());
      if (request.method === "GET") return new Response(new ReadableStream({ pull }));
      let bytes = 0;
      for await (const part of request.body as unknown as AsyncIterable<Uint8Array>) bytes += part.length;
      uploaded.push(bytes);
      return new Response();
    },
  });
  const uploaded: number[] = [];
  return { key, url: `http://127.0.0.1:${server.port}`, uploaded, stop: () => server.stop(true) };
}

const TRANSFER = `
import os, re, sys, tempfile
from bentoml._internal.cloud.client import RestApiClient
client = RestApiClient(os.environ["BENTO_CLOUD_API_ENDPOINT"], os.environ["BENTO_CLOUD_API_KEY"])
with tempfile.TemporaryFile() as bento:
    bento.truncate(int(sys.argv[1]))
    client.v1.upload_bento("big", "1.0", bento)
with client.v1.download_bento("big", "1.0") as response:
    print(sum(len(chunk) for chunk in response.iter_bytes()))
print(re.search(r"VmHWM:\\s+(\\d+)", open(f"/proc/{os.getppid()}/status").read())[1])
`;

test.skipIf(process.platform !== "linux")(
  "exec --proxy passes a Bento both ways in 96 MiB of memory",
  async () => {
    const bentos = serveBentos();
    const size = String(UPLOAD_MIB * 1024 * 1024);
    const { code, stdout } = await proxied([PYTHON, "-c", TRANSFER, size], bentos);
    await bentos.stop();
    const [received, peakKib] = stdout.trim().split("\n").map(Number);
    expect({ code, received, uploaded: bentos.uploaded }).toEqual({
      code: 0,
      received: DOWNLOAD_MIB * 1024 * 1024,
      uploaded: [UPLOAD_MIB * 1024 * 1024],
    });
    expect(peakKib! / 1024).toBeLessThan(96);
  },
  120_000,
);

/** Looks for the API token, whose hash it knows, in what each of our processes was given and has open. */
const SEARCH = `
import glob, hashlib, os, re, subprocess, sys
wanted, length, home = sys.argv[1], int(sys.argv[2]), sys.argv[3]
def holds(data):
    return any(hashlib.sha256(data[at:at + length]).hexdigest() == wanted for at in range(len(data) - length + 1))
def parent(pid):
    return int(re.search(r"PPid:\\s+(\\d+)", open(f"/proc/{pid}/status").read())[1])
child = subprocess.Popen([sys.argv[4], "-c", "input()"], stdin=subprocess.PIPE)
subprocess.run([os.path.join(os.path.dirname(sys.argv[4]), "bentoml"), "deployment", "list"], stdout=subprocess.DEVNULL)
ours = os.getppid()
seen = 0
for path in glob.glob("/proc/[0-9]*"):
    pid = int(path.split("/")[2])
    try:
        if pid == ours or ours not in (parent(pid), parent(parent(pid))): continue
        seen += 1
        files = [f"{path}/environ", f"{path}/cmdline", *glob.glob(f"{path}/fd/*")]
        for name in files:
            if "/fd/" in name and not os.path.isfile(os.path.realpath(name)): continue
            if holds(open(name, "rb").read()): print("found in", name)
    except (FileNotFoundError, ProcessLookupError): pass
for folder, _, names in os.walk(home):
    for name in names:
        if holds(open(os.path.join(folder, name), "rb").read()): print("found in", name)
print("processes:", seen)
child.communicate(b"")
`;

test.skipIf(process.platform !== "linux")(
  "exec --proxy leaves the API token in no environment, argument or file of the program and its children",
  async () => {
    const here = homeOf();
    const wanted = new Bun.CryptoHasher("sha256").update(token).digest("hex");
    const words = [PYTHON, "-c", SEARCH, wanted, String(token.length), here.path, PYTHON];
    const { code, stdout } = await proxied(words, { here });
    // The program, its child, and the shell that ends the program if we are killed.
    expect({ code, stdout }).toEqual({ code: 0, stdout: "processes: 3\n" });
  },
  60_000,
);
