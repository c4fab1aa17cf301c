import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, truncateSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { run, start, type Home } from "../support/bin.ts";
import { echoPerTest } from "../support/echo.ts";
import { removeFolder } from "../support/posix.ts";
import { programCommand } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { openTerminal } from "../support/terminal.ts";

sweepCanaries();
const startEcho = echoPerTest();

type Answer = Parameters<typeof startEcho>[0];

const MIB = 1024 * 1024;
const LENGTH = { "content-length": "1000" };

async function signedIn(answer: Answer) {
  const echo = await startEcho(answer);
  const here = homeOf({ name: "mine", endpoint: echo.url, token: canary() });
  return { echo, here };
}

/** Runs a line of shell in which `api` is the program with the command. */
function shell(here: Home, line: string) {
  const program = programCommand().map((word) => `'${word}'`);
  return run(["-c", `api() { ${program.join(" ")} api "$@"; }; ${line}`], { home: here, command: ["bash"] });
}

describe("a large answer", () => {
  test("of any bytes is printed unchanged", async () => {
    const piece = Buffer.from(
      Uint8Array.from({ length: MIB }, (_, index) => (index * 7 + (index >> 8)) % 256),
    );
    const pieces = 96;
    const hash = createHash("sha256");
    for (let at = 0; at < pieces; at += 1) hash.update(piece);
    const { here } = await signedIn(async (_request, response) => {
      response.writeHead(200, { "content-type": "application/octet-stream" });
      for (let at = 0; at < pieces; at += 1)
        if (!response.write(piece)) await new Promise((resume) => response.once("drain", resume));
      response.end();
    });
    const line = `api /big | sha256sum; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await shell(here, line);
    expect({ stdout, stderr }).toEqual({ stdout: `${hash.digest("hex")}  -\n0\n`, stderr: "" });
  });

  const long = JSON.stringify({ a: `${"x".repeat(2_000_000)}\\"end` });
  test.each<[what: string, answer: string, shown: RegExp]>([
    ["a string of 2,000,000 characters", long, /^\{\n {2}"a": "x{2000000}\\\\\\"end"\n\}\n$/],
    ["a text that is no JSON", "[".repeat(40_000), /^\[{40000}\n$/],
    ["many brackets", "[".repeat(20_000) + "]".repeat(20_000), /^\[\n {2}\[\n {4}\[[\s[\]]{1,3000000}\]\n$/],
    ["more than is indented", `[${"1,".repeat(6 * MIB)}0]`, /^\[(?:1,){100}[1,]*0\]/],
  ])("is printed to its end on a terminal: %s", async (_what, answer, shown) => {
    const { here } = await signedIn((_request, response) => void response.end(answer));
    const terminal = openTerminal(["api", "/big"], { home: here });
    expect(await terminal.exit).toEqual({ code: 0, signal: null });
    const screen = terminal.screen.replaceAll("\r", "");
    expect({ length: screen.length, isShown: shown.test(screen) }).toMatchObject({ isShown: true });
  });

  test("is refused by --jq and --paginate", async () => {
    const { here, echo } = await signedIn((_request, response) => {
      response.end(`["${"x".repeat(11 * MIB)}"]`);
    });
    for (const option of [["-q", "length"], ["--paginate"]]) {
      const { code, stdout, stderr } = await run(["api", "/big", ...option], { home: here });
      expect({ code, stdout }).toEqual({ code: 5, stdout: "" });
      expect(stderr).toContain("more than 10 MiB");
    }
    expect(echo.seen).toHaveLength(2);
  });
});

test("prints a compressed answer unchanged, with a warning", async () => {
  const bytes = Bun.gzipSync(Buffer.from("{}"));
  const { here } = await signedIn((_request, response) => {
    response.writeHead(200, { "content-encoding": "gzip" }).end(bytes);
  });
  const { stdout, stderr } = await shell(here, "api /x | gunzip");
  expect(stdout).toBe("{}");
  expect(stderr).toBe("warning: the answer is compressed (gzip), unasked\n");
});

/** A process inherits the peak memory of its parent, so the parent must be small. */
const PEAK = `
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)`;

// Deno reads a whole file into memory before it sends it.
test.skipIf(process.env["BENTOCLOUD_RUNTIME"] === "deno")(
  "a file that is sent, also twice, is never in memory as a whole",
  async () => {
    const { here, echo } = await signedIn((request, response) => {
      if (request.url === "/up") response.writeHead(307, { location: "/there" });
      response.end();
    });
    // Not in the home, where every file is searched for tokens.
    const place = mkdtempSync(join(tmpdir(), "bentocloud-big-"));
    const big = writeBelow(place, "big", "begins");
    truncateSync(big, 128 * MIB);
    const { code, stdout } = await run([...programCommand(), "api", "/up", "--input", big], {
      home: here,
      command: ["python3", "-c", PEAK],
    });
    expect(code).toBe(0);
    removeFolder(place);
    expect(echo.seen.map(({ url, body }) => [url, body.length, body.toString("utf8", 0, 6)])).toEqual([
      ["/up", 128 * MIB, "begins"],
      ["/there", 128 * MIB, "begins"],
    ]);
    expect(Number(stdout) * 1024).toBeLessThan(128 * MIB);
  },
);

describe("a reader that goes away", () => {
  test("ends the program without an error, and the endless answer with it", async () => {
    const closed = Promise.withResolvers<void>();
    const { here } = await signedIn((_request, response) => {
      const timer = setInterval(() => response.write("x".repeat(4096)), 5);
      response.on("close", () => {
        clearInterval(timer);
        closed.resolve();
      });
    });
    const { stdout, stderr } = await shell(here, 'api /endless | head -c 5; echo " ${PIPESTATUS[0]}"');
    expect({ stdout, stderr }).toEqual({ stdout: "xxxxx 0\n", stderr: "" });
    // The server learns of it a moment after the program has ended.
    await closed.promise;
  });

  test("causes no error for a list either", async () => {
    const items = JSON.stringify(Array.from({ length: 50_000 }, (_, index) => index));
    const { here } = await signedIn((_request, response) => void response.end(items));
    for (const option of ["--paginate", "-q '.[]'", ""]) {
      const line = `api /list ${option} | head -c 2; echo " \${PIPESTATUS[0]}"`;
      const { stdout, stderr } = await shell(here, line);
      expect({ stdout: stdout.slice(2), stderr }).toEqual({ stdout: " 0\n", stderr: "" });
    }
  });
});

describe("an answer that stops", () => {
  const half = (response: ServerResponse, then = () => {}) => void response.write("half", then);
  const breakOff = (response: ServerResponse) =>
    half(response, () => setTimeout(() => response.destroy(), 500));

  test.each<[where: string, answer: Answer, error: string, printed: string]>([
    ["in the middle", (_, response) => breakOff(response.writeHead(200, LENGTH)), "UNREACHABLE", "half"],
    ["in a chunked body", (_, response) => breakOff(response), "UNREACHABLE", "half"],
    ["for --timeout", (_, response) => half(response), "TIMEOUT", "half"],
    ["before it starts", () => {}, "TIMEOUT", ""],
  ])("%s is an error, after the part that arrived was printed", async (_where, answer, error, printed) => {
    const { here } = await signedIn(answer);
    const { code, stdout, stderr } = await run(["api", "/x", "--json", "--timeout", "2"], { home: here });
    expect({ code, stdout }).toEqual({ code: 5, stdout: printed });
    expect(JSON.parse(stderr).error.code).toBe(error);
  });

  test("for less than --timeout each time may take longer in total", async () => {
    const { here } = await signedIn((_request, response) => {
      let left = 8;
      const timer = setInterval(() => {
        response.write("x");
        if (--left > 0) return;
        clearInterval(timer);
        response.end();
      }, 250);
    });
    const result = await run(["api", "/x", "--timeout", "1"], { home: here });
    expect(result).toMatchObject({ code: 0, stdout: "x".repeat(8), stderr: "" });
  });

  test("because of Ctrl-C is CANCELLED", async () => {
    const { here } = await signedIn((_request, response) => void response.write("half"));
    const running = start(["api", "/x"], { home: here });
    await running.waitFor("half");
    running.kill("SIGINT");
    const stderr = "error: cancelled; nothing was changed\n";
    expect(await running.result).toMatchObject({ code: 130, stdout: "half", stderr });
  });
});

describe("repeating a request", () => {
  const failing = (failures: number) =>
    signedIn((_request, response, seen) => {
      if (seen.length <= failures) response.writeHead(503);
      response.end(`answer ${seen.length}`);
    });

  test.each([["GET"], ["HEAD"], ["OPTIONS"]])("happens for %s, which changes nothing", async (method) => {
    const { here, echo } = await failing(2);
    expect((await run(["api", "/x", "-X", method], { home: here })).code).toBe(0);
    expect(echo.seen).toHaveLength(3);
  });

  test("prints only the last answer", async () => {
    const { here, echo } = await failing(9);
    expect(await run(["api", "/x"], { home: here })).toMatchObject({ code: 5, stdout: "answer 4" });
    expect(echo.seen).toHaveLength(4);
  });

  test.each([["POST"], ["PUT"], ["PATCH"], ["DELETE"]])("does not happen for %s", async (method) => {
    const { here, echo } = await failing(1);
    const result = await run(["api", "/x", "-X", method], { home: here });
    expect(result).toMatchObject({ code: 5, stdout: "answer 1" });
    expect(echo.seen).toHaveLength(1);
  });

  // Deno's fetch repeats a request by itself when the connection ends without an answer.
  const repeats = process.env["BENTOCLOUD_RUNTIME"] === "deno";

  test.skipIf(repeats)("does not happen for a POST without an answer, which the hint explains", async () => {
    const { here, echo } = await signedIn((request) => void request.socket.destroy());
    const { code, stderr } = await run(["api", "/x", "-X", "POST"], { home: here });
    expect({ code, requests: echo.seen.length }).toEqual({ code: 5, requests: 1 });
    expect(stderr).toContain("hint: the server may have carried out the POST anyway");
  });

  test("does not happen after Ctrl-C in a POST, which the server may have carried out", async () => {
    const { here, echo } = await signedIn(() => {});
    const running = start(["api", "/x", "-X", "POST"], { home: here });
    while (echo.seen.length === 0) await Bun.sleep(5);
    running.kill("SIGINT");
    const stderr = "error: cancelled; the server may have carried it out already\n";
    expect(await running.result).toMatchObject({ code: 130, stderr });
  });
});

test("fails when the disk behind stdout is full", async () => {
  const { here } = await signedIn((_request, response) => void response.end("x".repeat(MIB)));
  const { stdout, stderr } = await shell(here, "api /x >/dev/full; echo $?");
  expect(stdout).toBe("6\n");
  expect(stderr).toStartWith("error: cannot write to standard output (ENOSPC)");
});

test("writes an answer into a file unchanged", async () => {
  const { here } = await signedIn((_request, response) => void response.end(Buffer.from([0, 255, 10, 0])));
  await shell(here, "api /x > out");
  expect([...readFileSync(join(here.path, "out"))]).toEqual([0, 255, 10, 0]);
});
