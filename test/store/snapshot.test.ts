import { afterAll, describe, expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync, readFileSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { needsTrace } from "../binary/faults/strace.ts";
import { home, run, type Home } from "../support/bin.ts";
import { cloudForAll } from "../support/clouds.ts";
import { programCommand } from "../support/program.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { keptIn, writeContexts } from "./fixture.ts";

sweepCanaries();

const cloud = await cloudForAll({ verify: false });

const READERS = [
  "status --offline",
  "status",
  "context list",
  "context current",
  "context show",
  "token",
  "current-context",
  "list-context",
];

function signIn(here: Home) {
  const args = ["login", "--with-token", "--endpoint", cloud.url];
  return run(args, { home: here, stdin: cloud.issueToken() });
}

const entry = (name: string) =>
  `- api_token: ${canary()}\n  email: null\n  endpoint: https://cloud.test\n  name: ${name}\n`;

/** As if nobody had changed the file for an hour. */
function age(here: Home): void {
  const time = Date.now() / 1000 - 3600;
  utimesSync(here.file, time, time);
}

describe("reading", () => {
  test.each(READERS)("never writes, and never creates anything: %s", async (line) => {
    const empty = home();
    await run(line.split(" "), { home: empty });
    expect(empty.tree()).toEqual([]);
    const here = home();
    const text = `contexts:\n${entry("a")}current_context_name: a\n`.replace("https://cloud.test", cloud.url);
    here.write(text, 0o644);
    const before = here.tree();
    expect((await run(line.split(" "), { home: here, reveals: true })).stdout).not.toBe("");
    expect({ text: here.read(), tree: here.tree() }).toEqual({ text, tree: before });
  });

  test("with a key in the environment needs no file, and not even a home", async () => {
    const here = home();
    here.write("{ broken");
    const env = { BENTO_CLOUD_API_KEY: cloud.issueToken(), BENTO_CLOUD_API_ENDPOINT: cloud.url };
    expect((await run(["whoami"], { home: here, env })).code).toBe(0);
    expect((await run(["whoami"], { home: here, env: { ...env, HOME: "/nonexistent" } })).code).toBe(0);
    expect(here.read()).toBe("{ broken");
  });
});

describe("a file that cannot be read is reported with line and column, exit 6, and never replaced", () => {
  const good = entry("a");
  const latin1 = Buffer.from("contexts: []\n# caf\u00E9\n", "latin1");
  const utf16 = Buffer.from("\uFEFFcontexts: []\n", "utf16le");
  test.each<[string, string | Buffer, string]>([
    ["empty", "", "line 1, column 1"],
    ["cut in the middle", `contexts:\n${good}- api_token: "cut`, "line 6"],
    ["in Latin-1", latin1, "it is not UTF-8 text at line 2, column 6"],
    ["in UTF-16", utf16, "it is not UTF-8 text at line 1, column 1"],
  ])("%s", async (_name, text, place) => {
    const here = home();
    here.write("");
    writeFileSync(here.file, text);
    age(here);
    for (const args of [["token"], ["use", "a"]]) {
      const { code, stdout, stderr } = await run(args, { home: here });
      expect({ args, code, stdout }).toEqual({ args, code: 6, stdout: "" });
      expect(stderr).toStartWith(`error: ${here.file} cannot be read: `);
      expect(stderr).toContain(place);
      expect(stderr).toEndWith("hint: correct it, or run `bentocloud doctor --fix`, which puts it aside\n");
    }
    const requests = cloud.requests.length;
    expect((await signIn(here)).code).toBe(6);
    expect(cloud.requests.length).toBe(requests);
    expect(readFileSync(here.file)).toEqual(Buffer.from(text));
    expect(here.tree()).toEqual(["bentoml/ 0755", "bentoml/.yatai.yaml 0600"]);
  });

  test("the last valid version is named where there is one", async () => {
    const here = home();
    for (const _ of [1, 2]) expect((await signIn(here)).code).toBe(0);
    const last = here.read();
    here.write("contexts: {");
    age(here);
    const { stderr } = await run(["token"], { home: here });
    const [, id = ""] = /`bentocloud restore (\w+)`, which puts it aside/.exec(stderr) ?? [];
    expect(id).toBe(keptIn(here).at(-1)!.id);
    expect((await run(["restore", id], { home: here })).code).toBe(0);
    expect(here.read()).toBe(last);
  });
});

describe("something else in the file's place is an error, exit 6, that does not hang", () => {
  const socket = createServer();
  afterAll(() => socket.close());

  test.each<[string, (here: Home) => unknown]>([
    ["a directory", (here) => mkdirSync(here.file)],
    ["a FIFO", (here) => Bun.spawnSync(["mkfifo", here.file])],
    ["a socket", (here) => new Promise<void>((resolve) => socket.listen(here.file, resolve))],
  ])("%s", async (_name, make) => {
    const here = home();
    mkdirSync(here.bentoml);
    await make(here);
    const before = here.tree();
    for (const result of [await run(["token"], { home: here }), await signIn(here)]) {
      expect(result).toMatchObject({ code: 6, stdout: "" });
      expect(result.stderr).toContain(`error: cannot read ${here.file}: it is not a regular file`);
    }
    expect(here.tree()).toEqual(before);
  });
});

const NAMES = Array.from({ length: 200 }, (_, index) => `n${index}`);

/** A file of 20 KB, in pieces as another program writes them one after the other. */
function inPieces(current = "n150"): { text: string; pieces: string[] } {
  const here = home();
  writeContexts(
    here,
    NAMES.map((name) => ({ name })),
    current,
  );
  const text = here.read();
  return {
    text,
    pieces: Array.from({ length: Math.ceil(text.length / 5000) }, (_, at) =>
      text.slice(at * 5000, (at + 1) * 5000),
    ),
  };
}

describe("a file that another program is writing", () => {
  /** Truncates the file and fills it as slowly as a program on an overloaded machine does. */
  async function rewrite(here: Home, pieces: readonly string[], pauseMs: number): Promise<void> {
    const file = openSync(here.file, "w");
    for (const piece of pieces) {
      await Bun.sleep(pauseMs);
      writeSync(file, piece);
    }
    closeSync(file);
  }

  test("is never taken for what is in it so far: neither read so, nor changed, nor reported as a loss", async () => {
    const here = home();
    const { text, pieces } = inPieces();
    here.write(text);
    expect((await run(["use", "n1"], { home: here })).code).toBe(0);
    for (let round = 0; round < 3; round += 1) {
      const writing = rewrite(here, pieces, 150);
      await Bun.sleep(70 * round);
      const [list, token, use] = await Promise.all([
        run(["list-context"], { home: here }),
        run(["token", "--context", "n199"], { home: here, reveals: "stdout" }),
        run(["use", "n198"], { home: here }),
      ]);
      await writing;
      expect(list).toMatchObject({ code: 0, stderr: "" });
      expect(JSON.parse(list.stdout)).toEqual(NAMES);
      expect({ code: token.code, stderr: token.stderr }).toEqual({ code: 0, stderr: "" });
      expect(use.code).toBe(0);
      expect(use.stderr).not.toContain("another program");
      expect(JSON.parse((await run(["list-context"], { home: here })).stdout)).toEqual(NAMES);
    }
  }, 30_000);

  test("is not built on when the other program pauses for a second, as on an overloaded machine", async () => {
    const here = home();
    const { text } = inPieces();
    here.write(text);
    expect((await run(["use", "n1"], { home: here })).code).toBe(0);
    const cut = text.indexOf("- api_token", 10_000);
    const writing = rewrite(here, [text.slice(0, cut), text.slice(cut)], 1_400);
    await Bun.sleep(1_450);
    const use = run(["use", "n2"], { home: here });
    await writing;
    expect(await use).toMatchObject({ code: 0, stderr: expect.not.stringContaining("another program") });
    expect(here.read()).toBe(text.replace(/(_name: ).*/, "$1n2"));
  }, 20_000);

  test("is believed as it is once nobody writes it any more", async () => {
    const here = home();
    here.write(inPieces().pieces.slice(0, 2).join(""));
    const { code, stdout } = await run(["list-context"], { home: here });
    expect({ code, names: JSON.parse(stdout).length }).toEqual({ code: 0, names: expect.any(Number) });
    expect(JSON.parse(stdout).length).toBeLessThan(200);
  });
});

needsTrace.describe("a file that only looks unfinished, and has not changed for long", () => {
  /** How often a command reads a contexts file of this text. */
  async function readsOf(text: string, args: string[]): Promise<number> {
    const here = home();
    here.write(text);
    age(here);
    const trace = join(home().path, "trace");
    const strace = ["strace", "-f", "-qq", "-o", trace, "-e", "trace=openat", "-P", here.file];
    await run(args, { home: here, command: [...strace, ...programCommand()], reveals: true });
    return readFileSync(trace, "utf8").split("openat(").length - 1;
  }

  const { text, pieces } = inPieces();
  test.each([
    ["without a line end at its end", text.trimEnd()],
    ["without a current context", text.replace(/current_context_name: .*\n/, "")],
    ["cut between two contexts", `${pieces[0]}${pieces[1]}`.replace(/- api_token[^-]*$/, "")],
    ["broken", `${text}  - broken`],
    ["empty", ""],
  ])("is read no more often than any other: %s", async (_name, odd) => {
    for (const args of [
      ["token", "--context", "n1"],
      ["use", "n2"],
    ]) {
      const usual = await readsOf(text, args);
      expect(usual).toBeGreaterThan(0);
      expect(await readsOf(odd, args)).toBeLessThanOrEqual(usual);
    }
  });
});
