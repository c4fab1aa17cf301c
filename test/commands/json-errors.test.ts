import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync } from "node:fs";
import { homeOf, writeBelow } from "../store/fixture.ts";
import { home, run, start } from "../support/bin.ts";
import { startCloud } from "../support/cloud.ts";
import type { Plan } from "../support/cloud/misbehave.ts";
import type { NewToken } from "../support/cloud/records.ts";
import { canary, sweepCanaries } from "../support/sweep.ts";
import { makeCertificates } from "../support/tls.ts";
import { exitCodeOf, type ErrorCode } from "../../src/errors.ts";

sweepCanaries();

/** The table of the contract: scripts branch on these, so they never change. */
const EXIT_CODES: Record<string, ErrorCode[]> = {
  1: ["FAILURE", "LEAK_FOUND"],
  2: ["USAGE"],
  3: ["NOT_FOUND"],
  4: ["NOT_LOGGED_IN", "TOKEN_REJECTED", "TOKEN_EXPIRED", "FORBIDDEN", "PIN_MISMATCH", "HOST_MISMATCH"],
  5: [
    "UNREACHABLE",
    "TIMEOUT",
    "TLS",
    "NOT_BENTOCLOUD",
    "API_400",
    "API_418",
    "API_500",
    "API_501",
    "API_503",
  ],
  6: [
    "STORAGE",
    "LOCKED",
    "CORRUPT",
    "SECRET_LOCKED",
    "SECRET_MISSING",
    "SECRET_UNAVAILABLE",
    "SECRET_TIMEOUT",
  ],
  70: ["INTERNAL"],
  130: ["CANCELLED"],
};

const ROWS = Object.entries(EXIT_CODES).flatMap(([exit, codes]) =>
  codes.map((code) => [code, Number(exit)] as const),
);

describe("exit codes", () => {
  test.each(ROWS)("%s is %d", (code, exit) => {
    expect(exitCodeOf(code)).toBe(exit);
  });

  test("there is no code that the table does not name", async () => {
    const source = await Bun.file(new URL("../../src/errors.ts", import.meta.url)).text();
    const found = [...source.matchAll(/^ {2}([A-Z_]+): (\d+),$/gm)];
    const declared = found.map(([, code, exit]) => [code, Number(exit)]);
    expect(declared).toEqual(ROWS.filter(([code]) => !code.startsWith("API_")).map((row) => [...row]));
  });
});

/** `rest` stands after `--`. */
type Prepared = Parameters<typeof run>[1] & { args: string[]; rest?: string[] };
const join = (args: string[], rest?: string[]) => (rest ? [...args, "--", ...rest] : args);

type Reach = () => Prepared | Promise<Prepared>;

const certificates = await makeCertificates();
const secure = await startCloud({ tls: certificates.leaf });
afterAll(() => secure.stop());

function stored(text: string): Prepared {
  const here = home();
  here.write(text);
  return { home: here, args: ["token"] };
}

/** Sends a request to a server that answers by the plan, if there is one. */
async function ask(plan?: Plan, token?: NewToken): Promise<Prepared> {
  const cloud = await startCloud();
  if (plan) cloud.misbehave("GET /api/v1/auth/current", plan);
  return askAt(cloud.url, cloud.issueToken(token));
}

function askAt(url: string, token = canary()): Prepared {
  const args = ["whoami", "--timeout", "1.5"];
  return { args, env: { BENTO_CLOUD_API_KEY: token, BENTO_CLOUD_API_ENDPOINT: url } };
}

const REACHED: [code: ErrorCode, how: string, reach: Reach][] = [
  ["FAILURE", "nobody is logged in", () => ({ args: ["current-context"] })],
  ["USAGE", "no such command", () => ({ args: ["no-such-command"] })],
  ["NOT_FOUND", "no such context", () => ({ args: ["use", "nobody"] })],
  ["NOT_LOGGED_IN", "no context", () => ({ args: ["token"] })],
  ["TOKEN_REJECTED", "401", () => ask({ status: 401, body: { message: "Bad credentials" } })],
  ["TOKEN_EXPIRED", "the token's time is over", () => ask(undefined, { expiresAt: new Date(0) })],
  ["FORBIDDEN", "the token has another scope", () => ask(undefined, { scopes: ["read_cluster"] })],
  [
    "PIN_MISMATCH",
    "a project of another endpoint",
    () => {
      const here = homeOf("mine");
      writeBelow(here.path, ".bentorc", "endpoint=https://pinned.test\n");
      return { home: here, args: ["token"] };
    },
  ],
  ["HOST_MISMATCH", "a redirect to another host", () => ask({ redirect: "https://elsewhere.test/" })],
  ["UNREACHABLE", "nothing listens", () => askAt("http://127.0.0.1:1")],
  ["UNREACHABLE", "the connection is reset", () => ask({ reset: true })],
  ["TIMEOUT", "no answer", () => ask({ silent: true })],
  ["TIMEOUT", "an answer without end", () => ask({ drip: true })],
  ["TLS", "an unknown authority", () => askAt(secure.url)],
  ["NOT_BENTOCLOUD", "a web page", () => ask({ html: true })],
  ["NOT_BENTOCLOUD", "broken JSON", () => ask({ brokenJson: true })],
  ["NOT_BENTOCLOUD", "more than 10 MiB", () => ask({ hugeBytes: 11 * 2 ** 20 })],
  ["API_400", "400", () => ask({ status: 400, body: { error: "no" } })],
  ["API_418", "418", () => ask({ status: 418, body: { error: "short and stout" } })],
  ["API_500", "500", () => ask({ status: 500, body: { error: "boom" } })],
  ["API_501", "501 without a body", () => ask({ status: 501 })],
  [
    "STORAGE",
    "a directory for a file",
    () => {
      const here = home();
      mkdirSync(here.file, { recursive: true });
      return { home: here, args: ["token"] };
    },
  ],
  ["CORRUPT", "broken YAML", () => stored("contexts: [broken")],
  ["CORRUPT", "an empty file", () => stored("")],
  [
    "SECRET_MISSING",
    "a reference that was copied from elsewhere",
    () => {
      const token = "kept-in-keyring.run.bentocloud-exec.0123456789abcdef";
      return { home: homeOf({ name: "mine", token }), args: ["token"] };
    },
  ],
  [
    "SECRET_UNAVAILABLE",
    "a command that is not there",
    () => ({ args: ["login", "--token-command"], rest: ["/no/such/program"] }),
  ],
];

test("every code is tested here, or in the test that is named", () => {
  const elsewhere = {
    INTERNAL: "no way is known to bring it about from outside",
    LOCKED: "test/store/, because it takes the patience of a lock",
    SECRET_LOCKED: "test/secrets/keyring.test.ts",
    SECRET_TIMEOUT: "test/secrets/keyring.test.ts",
    CANCELLED: "below",
    LEAK_FOUND: "test/scan/answer.test.ts, because the answer is on stdout",
  };
  const tested = new Set([...REACHED.map(([code]) => code), ...Object.keys(elsewhere)]);
  const codes = ROWS.map(([code]) => code).filter((code) => !code.startsWith("API_"));
  expect(codes.filter((code) => !tested.has(code))).toEqual([]);
});

test("CANCELLED: Ctrl-C during a request", async () => {
  const cloud = await startCloud();
  cloud.misbehave("GET /api/v1/auth/current", { silent: true });
  const { args: _args, ...options } = askAt(cloud.url);
  const running = start(["whoami", "--json"], options);
  await cloud.seen("GET /api/v1/auth/current");
  running.kill("SIGINT");
  const { code, stdout, stderr } = await running.result;
  expect({ code, stdout }).toEqual({ code: 130, stdout: "" });
  expect(JSON.parse(stderr).error).toMatchObject({ code: "CANCELLED", exit_code: 130 });
});

describe("--json", () => {
  test.each(REACHED)(
    "%s: %s: one object on stderr, nothing on stdout, and nothing written",
    async (name, _how, reach) => {
      const { args, rest, home: here = home(), ...options } = await reach();
      const before = here.tree();
      const { code, stdout, stderr } = await run(join([...args, "--json"], rest), { home: here, ...options });
      expect({ code, stdout }).toEqual({ code: exitCodeOf(name), stdout: "" });
      const { error, ...more } = JSON.parse(stderr);
      expect(more).toEqual({});
      expect(Object.keys(error)).toEqual(["code", "message", "hint", "exit_code"]);
      expect(error).toMatchObject({ code: name, exit_code: code });
      expect(error.message).toMatch(/^(?:[A-Z]:\\|[^A-Z\s]).*[^.\s]$/);
      expect(stderr).toBe(`${JSON.stringify({ error })}\n`);
      expect(here.tree()).toEqual(before);
    },
  );

  test.each(REACHED)("%s: %s: two lines of text without it", async (name, _how, reach) => {
    const { args, rest, ...options } = await reach();
    const { code, stdout, stderr } = await run(join(args, rest), options);
    expect({ code, stdout }).toEqual({ code: exitCodeOf(name), stdout: "" });
    expect(stderr).toMatch(/^error: .+\n(hint: .+\n)?$/);
  });

  test("is chosen only by the option, wherever it is given", async () => {
    for (const args of [
      ["--json", "token"],
      ["token", "--json"],
    ])
      expect(JSON.parse((await run(args)).stderr).error.code).toBe("NOT_LOGGED_IN");
    expect((await run(["use", "--", "--json"])).stderr).toStartWith("error: there is no context");
  });

  test("warnings are in the error object, or follow the answer when there is none", async () => {
    const here = homeOf("mine");
    const env = { BENTOML_CLOUD_CONTEXT: "" };
    const failed = await run(["token", "--json", "--context", "nobody"], { home: here, env });
    const warning = "BENTOML_CLOUD_CONTEXT is set but empty; ignored";
    expect(JSON.parse(failed.stderr).error.warnings).toEqual([warning]);
    const worked = await run(["context", "current", "--json"], { home: here, env });
    expect(JSON.parse(worked.stdout).name).toBe("mine");
    expect(worked.stderr).toBe(`warning: ${warning}\n`);
  });
});
